"""WeChat through any Wechaty puppet-service gateway, over the gateway's own protocol."""
