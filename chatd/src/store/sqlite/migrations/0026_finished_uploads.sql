-- What an upload in several requests has become, for who has not heard the answer to the last of them. Nothing is set apart
-- for it any more.
ALTER TABLE upload ADD COLUMN file INTEGER REFERENCES file;
CREATE INDEX upload_by_file ON upload (file) WHERE file IS NOT NULL;
