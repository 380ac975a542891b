-- Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
\set ON_ERROR_STOP on
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SELECT 'CREATE ROLE "cloud" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cloud') \gexec
ALTER ROLE "cloud" LOGIN PASSWORD 'fGiToccGDAl7cGW0KcEu1cXPtip00E8P';
SELECT 'CREATE DATABASE "cloud" OWNER "cloud"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'cloud') \gexec
