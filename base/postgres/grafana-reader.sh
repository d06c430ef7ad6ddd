#!/bin/bash
# The role of Grafana's data source: it reads everything and changes nothing. Runs once, on an empty data directory.
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" <<'SQL'
\set password `cat /run/secrets/postgres/grafana-password`
CREATE ROLE grafana LOGIN PASSWORD :'password';
ALTER ROLE grafana SET default_transaction_read_only = on;
ALTER ROLE grafana SET statement_timeout = '60s';
GRANT pg_read_all_data TO grafana;
SQL
