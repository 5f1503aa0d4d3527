"""What a message says, who gets it, and when it is tried again; without any IO."""
