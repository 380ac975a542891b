-- Made by meshwright from mesh.yaml and regions/. Changes made here are overwritten.
\set ON_ERROR_STOP on
SET log_statement = 'none';
SET log_min_error_statement = 'panic';
SELECT 'CREATE ROLE "shop" LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'shop') \gexec
ALTER ROLE "shop" LOGIN PASSWORD 'vV6DDkqDzNMxoaKb2obGtPbOJ9LkJ2ra';
SELECT 'CREATE DATABASE "shop" OWNER "shop"' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'shop') \gexec
