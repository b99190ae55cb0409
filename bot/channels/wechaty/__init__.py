"""WeChat through any Wechaty puppet-service gateway, over the gateway's own protocol."""

import os

# The gRPC library reads this once, when imported, and would write to stderr beside the log, where every fault has its line.
os.environ.setdefault("GRPC_VERBOSITY", "NONE")
