INSERT INTO account_invite (code, uses, created, expires) VALUES ('acc0untc0de000000001', 2, 1767225662000, 4102444800000);
INSERT INTO registration (handle, password_hash, asked) VALUES ('frank', '$argon2id$v=19$m=64,t=1,p=1$CTJYIfme0wPVRa6Dr021Vw$0s0QurkCB8lo75KHZ4ZPZMP5Siyze+1L3W6yREue0m0', 1767225663000);
