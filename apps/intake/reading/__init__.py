"""Files in, rows out: everything about reading a file that needs neither a database nor a request."""
