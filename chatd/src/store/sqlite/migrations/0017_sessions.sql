-- Which program used a session last, and when; until it is used again, when it was opened.
ALTER TABLE session ADD COLUMN client TEXT;
ALTER TABLE session ADD COLUMN used   INTEGER;
