-- What each person wants to hear of a channel.
ALTER TABLE member ADD COLUMN level       TEXT    NOT NULL DEFAULT 'all';   -- all, mentions, none
ALTER TABLE member ADD COLUMN quiet_until INTEGER;

-- What somebody was writing and has not sent.
CREATE TABLE draft (
    user     INTEGER NOT NULL,
    channel  INTEGER NOT NULL,
    content  TEXT    NOT NULL,
    reply_to INTEGER,
    date     INTEGER NOT NULL,
    PRIMARY KEY (user, channel)
) STRICT, WITHOUT ROWID;

-- What happened to somebody. Mentions and replies are cleared by reading, everything by hand; what was cleared can be
-- brought back for a while.
CREATE TABLE notice (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    user    INTEGER NOT NULL,
    kind    TEXT    NOT NULL,         -- mention, reply, reaction, invite
    channel INTEGER NOT NULL,
    idx     INTEGER NOT NULL,         -- the message, 0 for none
    by      INTEGER NOT NULL,
    emoji   TEXT,
    date    INTEGER NOT NULL,
    cleared INTEGER
) STRICT;
CREATE INDEX notice_open ON notice (user, id) WHERE cleared IS NULL;
CREATE INDEX notice_by_message ON notice (channel, idx);
CREATE INDEX notice_cleared ON notice (cleared) WHERE cleared IS NOT NULL;
