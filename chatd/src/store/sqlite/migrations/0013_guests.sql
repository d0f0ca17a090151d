-- Who came in without an account. A guest who sets a password has one from then on, and keeps the handle.
ALTER TABLE user ADD COLUMN guest INTEGER NOT NULL DEFAULT 0;
UPDATE user SET guest = 1 WHERE handle GLOB 'guest-*' AND password_hash IS NULL;
