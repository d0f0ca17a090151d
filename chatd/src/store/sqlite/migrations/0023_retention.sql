-- The first message that may still be there where messages are kept for a time only.
ALTER TABLE channel ADD COLUMN kept_from INTEGER NOT NULL DEFAULT 1;
