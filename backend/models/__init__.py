"""Plain data of the domain, and request and response models of the HTTP surface."""
