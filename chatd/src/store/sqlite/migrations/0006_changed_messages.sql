-- What happens to messages after they were sent. `message.version` stays that of the sending, which grows with `idx`; that of the
-- last change stands in `changed`, and once in `changed_message`, so that everything since a version is found.
ALTER TABLE message ADD COLUMN changed INTEGER;
ALTER TABLE message ADD COLUMN edited  INTEGER;
ALTER TABLE message ADD COLUMN deleted INTEGER;

CREATE TABLE changed_message (
    channel INTEGER NOT NULL,
    version INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    PRIMARY KEY (channel, version)
) STRICT, WITHOUT ROWID;

CREATE TABLE reaction (
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,
    emoji   TEXT    NOT NULL,
    user    INTEGER NOT NULL,
    version INTEGER NOT NULL,         -- the channel's when it was made: their order
    PRIMARY KEY (channel, idx, emoji, user)
) STRICT, WITHOUT ROWID;
