"""小哨: answers the questions of an industrial park's WeChat groups, and carries the others to the right department."""
