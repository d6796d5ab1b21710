#!/usr/bin/env bash
# The test of one mutant: HUNT PATCH.
exec "$@"
