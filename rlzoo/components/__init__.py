"""The built-in parts, a package per slot; none imports a part of another slot."""
