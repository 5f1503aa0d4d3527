"""The WeCom channel: the only place that knows WeCom's API."""
