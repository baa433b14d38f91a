"""What can be asked for and changed, one noun a file; each module holds FIELDS: type, then field, then resolver."""
