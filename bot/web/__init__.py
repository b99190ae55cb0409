"""The pages, server-rendered."""
