"""What every phase stands on: errors, permissions, states, audit, files, jobs, sheets."""
