-- Guests end; who they are is looked for again and again.
CREATE INDEX user_guest ON user (id) WHERE guest = 1 AND deleted IS NULL;

-- A clock that was ahead keeps nobody from speaking for longer than was said.
ALTER TABLE member    ADD COLUMN muted_for_s INTEGER;
ALTER TABLE kept_mute ADD COLUMN for_s       INTEGER;

-- How much everybody has stored: content, and 100 bytes for each message.
ALTER TABLE user ADD COLUMN stored INTEGER NOT NULL DEFAULT 0;
UPDATE user SET stored = said.bytes
    FROM (SELECT user, sum(length(CAST(content AS BLOB)) + 100) AS bytes FROM message WHERE kind <> 'system' GROUP BY user) AS said
    WHERE said.user = user.id;

-- The date of the last message: those of a channel never go back, also when the clock does.
ALTER TABLE channel ADD COLUMN last_date INTEGER NOT NULL DEFAULT 0;
UPDATE channel SET last_date = coalesce(
    (SELECT date FROM message WHERE message.channel = channel.id AND message.idx = channel.last_index), 0);
