-- Codes that let people into a channel.
CREATE TABLE invitation (
    code    TEXT    PRIMARY KEY,
    channel INTEGER NOT NULL REFERENCES channel,
    user    INTEGER NOT NULL REFERENCES user,   -- who made it
    uses    INTEGER,                            -- how many it still lets in; NULL: any number
    created INTEGER NOT NULL,
    expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX invitation_by_channel ON invitation (channel);

-- Channels that were deleted, and whose messages are still being removed.
CREATE TABLE removed_channel (
    id INTEGER PRIMARY KEY
) STRICT;
