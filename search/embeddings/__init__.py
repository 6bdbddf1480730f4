"""Texts to unit vectors. `default_encoder` is the door; nothing imported here needs torch or Django."""

from search.embeddings.choice import (
    EncoderChoice,
    available_encoder,
    default_encoder,
    encoder_status,
    find_encoder,
    forget_encoders,
)
from search.embeddings.protocol import TextEncoder, Vectors
from search.embeddings.text import document_text

__all__ = [
    "EncoderChoice",
    "TextEncoder",
    "Vectors",
    "available_encoder",
    "default_encoder",
    "document_text",
    "encoder_status",
    "find_encoder",
    "forget_encoders",
]
