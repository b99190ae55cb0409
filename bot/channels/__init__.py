"""Channels: how messages come in and go out, one file a channel, all behind one port."""
