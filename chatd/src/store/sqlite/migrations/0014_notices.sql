-- Whether an entry was cleared by reading its message, so that it is open again when that is unread again.
ALTER TABLE notice ADD COLUMN by_reading INTEGER NOT NULL DEFAULT 0;
CREATE INDEX notice_to_read ON notice (user, channel, idx) WHERE cleared IS NULL;
CREATE INDEX notice_of ON notice (user, channel, idx);
-- Nobody has anything to catch up with where they are not.
DELETE FROM notice WHERE NOT EXISTS
    (SELECT 1 FROM member WHERE member.channel = notice.channel AND member.user = notice.user);
DELETE FROM mention WHERE NOT EXISTS
    (SELECT 1 FROM member WHERE member.channel = mention.channel AND member.user = mention.user);
