"""The RPCs of the case read model, a module a service."""
