-- Bytes that are kept, each once, whoever has uploaded them and whatever they are called. The name of the object is drawn at
-- random and never used again, so that deleting one cannot meet another that has just come.
CREATE TABLE blob (
    id     INTEGER PRIMARY KEY,
    sha256 BLOB    NOT NULL UNIQUE,
    size   INTEGER NOT NULL,
    mime   TEXT    NOT NULL             -- found out from the bytes
) STRICT;

-- A file as it was uploaded. The id is random: whoever knows it has it from a message or has uploaded the file.
CREATE TABLE file (
    id     INTEGER PRIMARY KEY,
    blob   INTEGER NOT NULL REFERENCES blob,
    user   INTEGER NOT NULL REFERENCES user,
    name   TEXT    NOT NULL,
    date   INTEGER NOT NULL,
    posted INTEGER NOT NULL DEFAULT 0   -- whether it is or was in a message
) STRICT;
CREATE INDEX file_by_blob ON file (blob);
CREATE INDEX file_unposted ON file (date) WHERE posted = 0;

-- The files of messages. `message.files` says how many there are, so that messages without any look nothing up.
CREATE TABLE message_file (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    place   INTEGER NOT NULL,
    file    INTEGER NOT NULL REFERENCES file,
    PRIMARY KEY (channel, idx, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX message_by_file ON message_file (file);
ALTER TABLE message ADD COLUMN files INTEGER NOT NULL DEFAULT 0;

-- Uploads that have begun, with the bytes that are set apart for them.
CREATE TABLE upload (
    id   INTEGER PRIMARY KEY,
    user INTEGER NOT NULL REFERENCES user,
    name TEXT    NOT NULL,
    size INTEGER NOT NULL,
    date INTEGER NOT NULL
) STRICT;
CREATE INDEX upload_by_user ON upload (user);
CREATE INDEX upload_by_date ON upload (date);

-- Objects that nothing needs any more, until they are deleted.
CREATE TABLE removed_blob (
    id INTEGER PRIMARY KEY
) STRICT;

-- Bytes of the files that somebody has uploaded, each counted as often as they have.
ALTER TABLE user ADD COLUMN file_bytes INTEGER NOT NULL DEFAULT 0;
INSERT INTO total (name, count) VALUES ('files', 0), ('file bytes', 0);
