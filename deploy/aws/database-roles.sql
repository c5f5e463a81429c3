-- The role of the program: it reads and writes data, and changes no table. Once, before the first migration, as the owner
-- of the schema, with the password of the secret <shop>/database (README.md, "First deploy"):
--
--   psql "$OWNER_URL" -v ON_ERROR_STOP=1 -v password="$PASSWORD" -f database-roles.sql
--
-- What later migrations create is covered by the default privileges. Rotation makes holdfast_app_clone a member of it.

BEGIN;

CREATE ROLE holdfast_app LOGIN PASSWORD :'password';

ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO holdfast_app;
ALTER DEFAULT PRIVILEGES GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON TABLES TO holdfast_app;
ALTER DEFAULT PRIVILEGES GRANT USAGE, SELECT ON SEQUENCES TO holdfast_app;

COMMIT;
