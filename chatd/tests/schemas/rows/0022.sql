UPDATE member SET muted_for_s = 3600 WHERE muted_until IS NOT NULL;
UPDATE kept_mute SET for_s = 3600;
UPDATE user SET stored = (SELECT coalesce(sum(length(CAST(content AS BLOB)) + 100), 0) FROM message WHERE user = user.id);
UPDATE channel SET last_date = (SELECT date FROM message WHERE channel = channel.id AND idx = channel.last_index);
