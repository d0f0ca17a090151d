-- The picture that somebody is seen by is a file from here on. What stood there before was an address that nobody fetched: it
-- goes on as the last line of what they say about themselves, where there is room for it.
UPDATE user SET about = CASE about WHEN '' THEN avatar ELSE about || char(10) || avatar END
    WHERE avatar <> '' AND length(CAST(about AS BLOB)) + 1 + length(CAST(avatar AS BLOB)) <= 2000;
UPDATE user SET avatar = '' WHERE avatar <> '';
ALTER TABLE user ADD COLUMN avatar_file INTEGER REFERENCES file;
CREATE INDEX user_by_avatar ON user (avatar_file) WHERE avatar_file IS NOT NULL;
