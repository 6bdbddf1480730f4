"""What every part of the mall stands on: money, the outbox, pictures, middleware. No domain word in it."""
