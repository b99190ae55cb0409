"""The relay: a community worker carries messages by hand between WeChat and a page, where no bot may sit in the group."""
