-- Who may speak in a channel, and how often; until when a member may not.
ALTER TABLE channel ADD COLUMN read_only   INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN slow_mode_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE member  ADD COLUMN muted_until INTEGER;

-- Of members who have left while they were muted: coming back does not undo it.
CREATE TABLE kept_mute (
    channel INTEGER NOT NULL,
    user    INTEGER NOT NULL,
    until   INTEGER NOT NULL,
    PRIMARY KEY (channel, user)
) STRICT, WITHOUT ROWID;
