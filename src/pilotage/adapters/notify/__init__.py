"""Messages: handed to the world by channel."""

from .appended_file import FileChannel
from .channel import Channel
from .mail import EmailChannel
from .performer import MessagePerformer
from .terminal import TerminalChannel
from .webhook import WebhookChannel

__all__ = ["Channel", "EmailChannel", "FileChannel", "MessagePerformer", "TerminalChannel", "WebhookChannel"]
