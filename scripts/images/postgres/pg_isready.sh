#!/bin/sh
# Ready when the server says so in the eighth line of its pid file, which is what `pg_ctl --wait` goes by.
status=$(sed -n 8p "$PGDATA/postmaster.pid" 2>/dev/null)
[ "${status%% *}" = ready ]
