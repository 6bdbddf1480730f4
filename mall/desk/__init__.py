"""The operators' desk: queues, decisions and figures in the Wagtail admin."""
