"""`from belvedere.integration import …`: says what to do instead."""

import belvedere

raise ImportError(belvedere._no_integration("integration"))
