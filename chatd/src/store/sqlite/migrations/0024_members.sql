-- How many are in a channel: counting them walks all of them, and who joins asks for the number.
ALTER TABLE channel ADD COLUMN members INTEGER NOT NULL DEFAULT 0;
UPDATE channel SET members = (SELECT count(*) FROM member WHERE member.channel = channel.id);

CREATE TRIGGER count_member_added AFTER INSERT ON member BEGIN
    UPDATE channel SET members = members + 1 WHERE id = new.channel;
END;
CREATE TRIGGER count_member_removed AFTER DELETE ON member BEGIN
    UPDATE channel SET members = members - 1 WHERE id = old.channel;
END;
