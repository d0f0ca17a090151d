//! Whatever the types can hold survives the wire, and whatever comes over the wire is an answer, never a panic.

use std::str::FromStr;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::Index as Place;
use proptest::test_runner::FileFailurePersistence;
use proto::codec::{Incoming, decode_incoming, decode_requests, encode_error, encode_event, encode_ok, encode_request};
use proto::*;

/// Failing seeds stand beside this file and are committed.
fn config() -> ProptestConfig {
    ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    }
}

/// Texts that a rule accepts, out of texts that may be refused.
fn parsed<T: FromStr + std::fmt::Debug>(texts: impl Strategy<Value = String>) -> impl Strategy<Value = T> {
    texts.prop_filter_map("the rule refuses it", |text| text.parse().ok())
}

fn channel_id() -> impl Strategy<Value = ChannelId> {
    parsed("[!-~]{1,26}")
}

fn session_id() -> impl Strategy<Value = SessionId> {
    parsed("[!-~]{1,26}")
}

fn nonce() -> impl Strategy<Value = Nonce> {
    parsed("[!-~]{1,64}")
}

fn handle() -> impl Strategy<Value = Handle> {
    parsed("[A-Za-z0-9][A-Za-z0-9_.-]{0,30}[a-z0-9_-]?")
}

fn channel_name() -> impl Strategy<Value = ChannelName> {
    parsed("[\\p{L}\\p{Nd}_.-]{1,20}")
}

fn topic() -> impl Strategy<Value = Topic> {
    parsed("\\PC{0,100}")
}

fn content() -> impl Strategy<Value = Content> {
    any::<String>().prop_filter_map("the content is blank or holds NUL", |text| Content::parse(&text).ok())
}

fn token() -> impl Strategy<Value = Token> {
    any::<String>().prop_map(Token::new)
}

/// What a device or a program may be called: at most 64 bytes.
fn client_text() -> impl Strategy<Value = String> {
    "\\PC{0,16}"
}

fn index() -> impl Strategy<Value = Index> {
    any::<u64>().prop_map(Index::new)
}

fn version() -> impl Strategy<Value = Version> {
    any::<u64>().prop_map(Version::new)
}

fn timestamp() -> impl Strategy<Value = Timestamp> {
    any::<i64>().prop_map(Timestamp::from_millis)
}

fn reference() -> impl Strategy<Value = Ref> {
    prop_oneof![any::<i64>().prop_map(Ref::Number), "\\PC{0,16}".prop_map(|text| Ref::Text(text.into()))]
}

fn message_kind() -> impl Strategy<Value = MessageKind> {
    use MessageKind::*;
    prop::sample::select(vec![Text, Action, System, Cipher, Unknown])
}

fn channel_kind() -> impl Strategy<Value = ChannelKind> {
    use ChannelKind::*;
    prop::sample::select(vec![Public, Private, Dm, Unknown])
}

fn presence_state() -> impl Strategy<Value = PresenceState> {
    use PresenceState::*;
    prop::sample::select(vec![Online, Idle, Away, Dnd, Offline, Unknown])
}

fn role() -> impl Strategy<Value = Role> {
    use Role::*;
    prop::sample::select(vec![Owner, Moderator, Member, Unknown])
}

fn hello() -> impl Strategy<Value = Hello> {
    let texts = (of(token()), of(client_text()), of(client_text()));
    let numbers = (of(any::<u32>()), of(any::<u32>()), of(any::<u32>()));
    let ids = || of(vec(channel_id(), 0..4));
    let channels = (btree_map(channel_id(), version(), 0..4), ids(), ids(), of(channel_name()));
    (texts, numbers, channels).prop_map(
        |((token, device, client), (protocol, history, members), (resume, channels, first, first_name))| Hello {
            token,
            device: device.map(|text| text.parse().expect("it fits")),
            client: client.map(|text| text.parse().expect("it fits")),
            protocol,
            resume,
            history,
            members,
            channels,
            first,
            first_name,
        },
    )
}

fn new_message() -> impl Strategy<Value = NewMessage> {
    let files = vec(any::<u32>().prop_map(|id| format!("f{id}").parse().expect("an id")), 0..2);
    (content(), nonce(), message_kind(), of(index()), files)
        .prop_map(|(content, nonce, kind, reply_to, files)| NewMessage { content, nonce, kind, reply_to, files })
}

fn client_packet() -> impl Strategy<Value = ClientPacket> {
    use ClientPacket as Packet;

    let kind = prop::sample::select(vec![CreatedKind::Public, CreatedKind::Private]);
    prop_oneof![
        hello().prop_map(Packet::Hello),
        Just(Packet::RenewToken(RenewToken {})),
        (channel_name(), kind.clone(), of(topic()))
            .prop_map(|(name, kind, topic)| Packet::CreateChannel(CreateChannel { name, kind, topic })),
        channel_id().prop_map(|id| Packet::JoinChannel(JoinChannel::Id(id))),
        channel_name().prop_map(|name| Packet::JoinChannel(JoinChannel::Name(name))),
        channel_id().prop_map(|id| Packet::LeaveChannel(LeaveChannel { id })),
        (channel_id(), handle()).prop_map(|(id, handle)| Packet::Invite(Invite { id, handle })),
        (channel_id(), handle()).prop_map(|(id, handle)| Packet::Kick(Kick { id, handle })),
        (channel_id(), handle(), any::<bool>()).prop_map(|(id, handle, on)| Packet::Ban(Ban { id, handle, on })),
        (channel_id(), handle(), any::<u32>()).prop_map(|(id, handle, for_s)| Packet::Mute(Mute { id, handle, for_s })),
        (channel_id(), of(channel_name()), of(kind), any::<bool>(), of(any::<bool>()), of(any::<u32>())).prop_map(
            |(id, name, kind, close_history, read_only, slow_mode_s)| {
                Packet::ChangeSettings(ChangeSettings { id, name, kind, close_history, read_only, slow_mode_s })
            }
        ),
        (channel_id(), index(), of(emoji()), of(handle())).prop_map(|(id, index, emoji, handle)| {
            Packet::RemoveReactions(RemoveReactions { id, index, emoji, handle })
        }),
        (channel_id(), of(any::<u32>()), of(any::<u32>()))
            .prop_map(|(id, uses, for_s)| Packet::CreateInvite(CreateInvite { id, uses, for_s })),
        channel_id().prop_map(|id| Packet::ListInvites(ListInvites { id })),
        (channel_id(), invite_code()).prop_map(|(id, code)| Packet::RevokeInvite(RevokeInvite { id, code })),
        channel_id().prop_map(|id| Packet::DeleteChannel(DeleteChannel { id })),
        invite_code().prop_map(|code| Packet::JoinChannel(JoinChannel::Code(code))),
        channel_id().prop_map(|id| Packet::ListBans(ListBans { id })),
        (channel_id(), handle(), role()).prop_map(|(id, handle, role)| Packet::SetRole(SetRole { id, handle, role })),
        (channel_id(), topic()).prop_map(|(id, topic)| Packet::SetTopic(SetTopic { id, topic })),
        handle().prop_map(|handle| Packet::OpenDm(OpenDm { handle })),
        (channel_id(), new_message()).prop_map(|(id, message)| Packet::SendMessage(SendMessage { id, message })),
        (channel_id(), index(), content()).prop_map(|(id, index, content)| Packet::EditMessage(EditMessage {
            id,
            index,
            content
        })),
        (channel_id(), index()).prop_map(|(id, index)| Packet::DeleteMessage(DeleteMessage { id, index })),
        (channel_id(), index(), emoji(), any::<bool>()).prop_map(|(id, index, emoji, on)| Packet::React(React {
            id,
            index,
            emoji,
            on
        })),
        (channel_id(), index(), any::<bool>()).prop_map(|(id, index, on)| Packet::Pin(Pin { id, index, on })),
        uploading().prop_map(Packet::Upload),
        (channel_id(), of(index())).prop_map(|(id, index)| Packet::CreateLink(CreateLink { id, index })),
        (channel_id(), any::<bool>())
            .prop_map(|(id, typing)| Packet::Typing(Typing { id, member: TypingMember { typing } })),
        (channel_id(), index()).prop_map(|(id, index)| Packet::MarkRead(MarkRead { id, index })),
        (channel_id(), index()).prop_map(|(id, index)| Packet::MarkUnread(MarkUnread { id, index })),
        (channel_id(), of(notify_level()), of(any::<u32>())).prop_map(|(id, level, quiet_s)| Packet::Notify(Notify {
            id,
            level,
            quiet_s
        })),
        (channel_id(), draft_text(), of(index())).prop_map(|(id, content, reply_to)| Packet::KeepDraft(KeepDraft {
            id,
            content,
            reply_to
        })),
        (vec(any::<u64>(), 0..3), any::<bool>())
            .prop_map(|(numbers, all)| Packet::ClearCatchUp(ClearCatchUp { numbers, all })),
        vec(any::<u64>(), 0..3).prop_map(|numbers| Packet::RestoreCatchUp(RestoreCatchUp { numbers })),
        (of(chosen_presence()), of(status()))
            .prop_map(|(state, status)| Packet::SetPresence(SetPresence { state, status })),
        (of(audience()), of(audience()), of(audience()), of(audience()), of(theme())).prop_map(
            |(presence, messages, invitations, posts, theme)| {
                let privacy = SetPrivacy { presence, messages, invitations, posts };
                Packet::SetSettings(SetSettings { privacy, theme })
            }
        ),
        (of(display_name()), of(parsed("[\\PC\\n]{0,60}")), of(avatar()))
            .prop_map(|(display_name, about, avatar)| Packet::SetProfile(SetProfile { display_name, about, avatar })),
        Just(Packet::OpenWall(OpenWall {})),
        Just(Packet::EndSession(EndSession { id: None, others: true })),
        any::<bool>().prop_map(|on| Packet::WatchFeed(WatchFeed { on })),
        handle().prop_map(|handle| Packet::AskFriend(AskFriend { handle })),
        handle().prop_map(|handle| Packet::RemoveFriend(RemoveFriend { handle })),
        (handle(), any::<bool>()).prop_map(|(handle, on)| Packet::Block(Block { handle, on })),
    ]
}

fn message() -> impl Strategy<Value = Message> {
    let place = (index(), version(), timestamp(), handle(), message_kind());
    let rest = (any::<String>(), vec(handle(), 0..3), of((index(), handle())), of(nonce()));
    let changes = (vec(reaction(), 0..3), of(timestamp()), of(timestamp()), any::<bool>(), vec(file(), 0..3));
    (place, rest, changes).prop_map(
        |(
            (index, version, date, handle, kind),
            (content, mentions, answered, nonce),
            (reactions, edited, deleted, pinned, files),
        )| {
            Message {
                index,
                version,
                date,
                handle,
                kind,
                content,
                mentions,
                reply_to: answered.as_ref().map(|(index, _)| *index),
                reply_to_handle: answered.map(|(_, handle)| handle),
                files,
                reactions,
                edited,
                deleted,
                pinned,
                nonce,
            }
        },
    )
}

fn emoji() -> impl Strategy<Value = Emoji> {
    prop::sample::select(vec!["♥", "🎉", "👨‍👩‍👧‍👦", "1️⃣", "🇩🇪"]).prop_map(|text| text.parse().expect("an emoji"))
}

fn reaction() -> impl Strategy<Value = Reaction> {
    (emoji(), any::<u64>(), vec(handle(), 0..3)).prop_map(|(emoji, count, handles)| Reaction { emoji, count, handles })
}

fn message_patch() -> impl Strategy<Value = MessagePatch> {
    let texts = (of(any::<String>()), of(vec(handle(), 0..3)), of(vec(reaction(), 0..3)));
    let rest = (of(any::<bool>()), of(vec(file(), 0..3)));
    (index(), version(), texts, of(timestamp()), of(timestamp()), rest).prop_map(
        |(index, version, (content, mentions, reactions), edited, deleted, (pinned, files))| MessagePatch {
            index,
            version,
            content,
            mentions,
            reactions,
            edited,
            deleted,
            pinned,
            files,
        },
    )
}

fn file() -> impl Strategy<Value = FileInfo> {
    let picture = of((any::<u32>(), any::<u32>(), any::<bool>())).prop_map(|picture| {
        picture.map(|(width, height, animated)| Picture {
            width,
            height,
            animated,
            blurhash: "LEHV6nWB2yk8".to_owned(),
        })
    });
    (any::<u32>(), any::<String>(), any::<u64>(), picture).prop_map(|(id, name, size, picture)| FileInfo {
        id: format!("f{id}").parse().expect("an id"),
        name: FileName::cleaned(&name),
        mime: "text/plain".to_owned(),
        size,
        sha256: format!("{id:064x}"),
        picture,
    })
}

fn member() -> impl Strategy<Value = Member> {
    (presence(), any::<bool>(), role(), any::<bool>()).prop_map(|(presence, typing, role, disabled)| {
        let Presence { handle, online, state, since, last_seen, status, display_name, avatar } = presence;
        Member { handle, online, typing, state, since, last_seen, status, display_name, avatar, role, disabled }
    })
}

fn member_update() -> impl Strategy<Value = MemberUpdate> {
    let flags = (of(any::<bool>()), of(any::<bool>()), of(any::<bool>()), any::<bool>());
    let rest = (of(presence_state()), of(timestamp()), of(timestamp()), of(role()));
    (handle(), flags, rest, (of(status()), of(display_name()), avatar())).prop_map(
        |(handle, flags, (state, since, last_seen, role), (status, display_name, avatar))| {
            let (online, typing, disabled, left) = flags;
            let person = MemberUpdate { status, display_name, avatar, ..MemberUpdate::of(handle) };
            MemberUpdate { online, typing, state, since, last_seen, role, disabled, left, ..person }
        },
    )
}

fn avatar() -> impl Strategy<Value = Avatar> {
    of(any::<u32>()).prop_map(|id| Avatar::of(id.map(|id| format!("f{id}").parse().expect("an id"))))
}

fn presence() -> impl Strategy<Value = Presence> {
    let told = (of(status()), of(display_name()), avatar());
    (handle(), any::<bool>(), presence_state(), of(timestamp()), of(timestamp()), told).prop_map(
        |(handle, online, state, since, last_seen, (status, display_name, avatar))| Presence {
            handle,
            online,
            state,
            since,
            last_seen,
            status,
            display_name,
            avatar,
        },
    )
}

fn welcome() -> impl Strategy<Value = Welcome> {
    let who = (handle(), session_id(), any::<u32>(), vec(any::<String>(), 0..3));
    let server = (any::<String>(), any::<String>(), timestamp(), store_id())
        .prop_map(|(name, version, time, store)| ServerInfo { name, version, time, store });
    let limits = any::<[u64; 4]>().prop_map(|[message_bytes, packet_bytes, message_rate, message_burst]| Limits {
        message_bytes,
        packet_bytes,
        message_rate,
        message_burst,
    });
    (who, server, limits).prop_map(|((user, session, protocol, features), server, limits)| Welcome {
        user,
        session,
        protocol,
        features,
        server,
        limits,
    })
}

fn channel_add() -> impl Strategy<Value = ChannelAdd> {
    let about = (channel_id(), channel_name(), channel_kind(), topic(), of(handle()));
    let lists = (vec(member(), 0..3), vec(message(), 0..3));
    let places = (index(), index(), version(), index());
    (about, lists, places, any::<[u64; 3]>(), (rules(), of(index()), any::<bool>(), of(personal()))).prop_map(
        |((id, name, kind, topic, owner), (members, messages), places, [members_total, unread, mentions], rest)| {
            let (rules, history_from, closed, personal) = rest;
            let (first_index, last_index, version, last_read) = places;
            ChannelAdd {
                id,
                name,
                kind,
                topic,
                owner,
                members,
                members_total,
                messages,
                first_index,
                last_index,
                version,
                last_read,
                unread,
                mentions,
                rules,
                history_from,
                closed,
                personal: personal.map(Box::new),
            }
        },
    )
}

fn invite_code() -> impl Strategy<Value = InviteCode> {
    "[0-9a-z]{20}".prop_map(|text| text.parse().expect("a code"))
}

fn draft_text() -> impl Strategy<Value = DraftText> {
    any::<String>().prop_map(|text| text.replace('\0', "").parse().expect("a draft"))
}

fn store_id() -> impl Strategy<Value = StoreId> {
    "[!-~]{1,26}".prop_map(|text| text.parse().expect("an id"))
}

fn rules() -> impl Strategy<Value = Rules> {
    (any::<bool>(), any::<u32>()).prop_map(|(read_only, slow_mode_s)| Rules { read_only, slow_mode_s })
}

fn channel_resume() -> impl Strategy<Value = ChannelResume> {
    let lists = (vec(message(), 0..3), vec(member(), 0..3));
    let places = (version(), any::<bool>(), index(), index());
    let settings = (of(channel_name()), of(channel_kind()), rules(), of(personal()));
    (channel_id(), lists, places, any::<[u64; 3]>(), topic(), of(handle()), settings).prop_map(
        |(id, (messages, members), places, [unread, mentions, members_total], topic, owner, settings)| {
            let (version, more, last_index, last_read) = places;
            let (name, kind, rules, personal) = settings;
            ChannelResume {
                id,
                messages,
                version,
                more,
                last_index,
                last_read,
                unread,
                mentions,
                members_total,
                members,
                topic,
                owner,
                name,
                kind,
                rules,
                personal: personal.map(Box::new),
            }
        },
    )
}

fn chosen_presence() -> impl Strategy<Value = ChosenPresence> {
    use ChosenPresence::*;
    prop::sample::select(vec![Online, Away, Dnd, Invisible])
}

fn status() -> impl Strategy<Value = Status> {
    parsed("\\PC{0,40}")
}

fn display_name() -> impl Strategy<Value = DisplayName> {
    parsed("\\PC{0,40}")
}

fn theme() -> impl Strategy<Value = ThemeName> {
    parsed("[a-z0-9-]{0,32}")
}

fn remove_reason() -> impl Strategy<Value = RemoveReason> {
    use RemoveReason::*;
    prop::sample::select(vec![Removed, Banned, Deleted, Private])
}

fn audience() -> impl Strategy<Value = Audience> {
    use Audience::*;
    prop::sample::select(vec![Everyone, Shared, Friends])
}

fn own_settings() -> impl Strategy<Value = Settings> {
    let privacy = (audience(), audience(), audience(), audience())
        .prop_map(|(presence, messages, invitations, posts)| Privacy { presence, messages, invitations, posts });
    (chosen_presence(), status(), privacy, theme()).prop_map(|(presence, status, privacy, theme)| Settings {
        presence,
        status,
        privacy,
        theme,
    })
}

fn relationship() -> impl Strategy<Value = Relationship> {
    use Relation::*;
    let relation = prop::sample::select(vec![Friend, Asked, Asking, Blocked, None]);
    (handle(), relation, timestamp(), of(presence())).prop_map(|(handle, relation, since, presence)| Relationship {
        handle,
        relation,
        since,
        presence,
    })
}

fn notify_level() -> impl Strategy<Value = NotifyLevel> {
    prop::sample::select(vec![NotifyLevel::All, NotifyLevel::Mentions, NotifyLevel::None])
}

fn uploading() -> impl Strategy<Value = Uploading> {
    (channel_id(), nonce(), any::<(u32, u64, u64, bool)>()).prop_map(|(id, nonce, (files, done, total, failed))| {
        Uploading { id, nonce, name: FileName::cleaned("a b.txt"), files, done, total, failed }
    })
}

fn personal() -> impl Strategy<Value = ChannelPersonal> {
    let draft = (any::<String>(), of(index()), timestamp()).prop_map(|(content, reply_to, date)| Draft {
        content,
        reply_to,
        date,
    });
    (channel_id(), notify_level(), of(timestamp()), of(draft))
        .prop_map(|(id, level, quiet_until, draft)| ChannelPersonal { id, level, quiet_until, draft })
}

fn catch_up_entry() -> impl Strategy<Value = CatchUpEntry> {
    let kinds = vec![CatchUpKind::Mention, CatchUpKind::Reply, CatchUpKind::Reaction, CatchUpKind::Invite];
    let place = (of(channel_id()), of(channel_name()), of(channel_kind()), of(index()));
    let what = (prop::sample::select(kinds), handle(), of(emoji()), timestamp(), of(message()));
    (any::<u64>(), place, what, any::<bool>()).prop_map(
        |(number, (id, name, channel_kind, index), (kind, by, emoji, date, message), waiting)| CatchUpEntry {
            number,
            kind,
            id,
            name,
            channel_kind,
            index,
            by,
            emoji,
            date,
            waiting,
            message,
        },
    )
}

fn server_packet() -> impl Strategy<Value = ServerPacket> {
    use ServerPacket as Packet;

    let settings = (of(channel_name()), of(channel_kind()), of(rules()));
    let update = (channel_id(), version(), of(topic()), of(handle()), settings).prop_map(
        |(id, version, topic, owner, (name, kind, rules))| ChannelUpdate {
            id,
            version,
            topic,
            owner,
            name,
            kind,
            rules,
        },
    );
    let user_update = (channel_id(), member_update(), of(any::<u64>()))
        .prop_map(|(id, member, members_total)| ChannelUserUpdate { id, member, members_total });
    let read = (channel_id(), index(), any::<u64>(), any::<u64>())
        .prop_map(|(id, last_read, unread, mentions)| ChannelRead { id, last_read, unread, mentions });
    prop_oneof![
        uploading().prop_map(|news| Packet::Upload(Box::new(news))),
        personal().prop_map(|personal| Packet::ChannelPersonal(Box::new(personal))),
        (any::<u64>(), of(catch_up_entry()))
            .prop_map(|(total, newest)| Packet::CatchUp(Box::new(CatchUpUpdate { total, newest }))),
        welcome().prop_map(|welcome| Packet::Welcome(Box::new(welcome))),
        channel_add().prop_map(|channel| Packet::ChannelAdd(Box::new(channel))),
        channel_resume().prop_map(|channel| Packet::ChannelResume(Box::new(channel))),
        (channel_id(), of(remove_reason()), of(handle()))
            .prop_map(|(id, reason, by)| Packet::ChannelRemove(ChannelRemove { id, reason, by })),
        update.prop_map(Packet::ChannelUpdate),
        user_update.prop_map(Packet::ChannelUserUpdate),
        vec(presence(), 0..3).prop_map(|members| Packet::PresenceUpdate(PresenceUpdate { members })),
        (channel_id(), message()).prop_map(|(id, message)| Packet::MessageAdd(Box::new(MessageAdd { id, message }))),
        (channel_id(), message_patch())
            .prop_map(|(id, message)| Packet::MessageUpdate(Box::new(MessageUpdate { id, message }))),
        own_settings().prop_map(|settings| Packet::Settings(Box::new(settings))),
        relationship().prop_map(|relationship| Packet::FriendUpdate(Box::new(relationship))),
        any::<u64>().prop_map(|reconnect_after_ms| Packet::Goodbye(Goodbye { reconnect_after_ms })),
        read.prop_map(Packet::ChannelRead),
    ]
}

/// A valid frame of either side with a few bytes written over, and perhaps cut off.
fn damaged_frame() -> impl Strategy<Value = String> {
    let frame = prop_oneof![
        (reference(), client_packet()).prop_map(|(reference, packet)| encode_request(&reference, &packet)),
        vec(client_packet(), 0..3).prop_map(|packets| serde_json::to_string(&packets).expect("packets can be written")),
        server_packet().prop_map(|packet| encode_event(&packet)),
    ];
    let byte = prop_oneof![prop::sample::select(b"{}[]\",:\\0-e.n".to_vec()), any::<u8>()];
    (frame, vec((any::<Place>(), byte), 1..6), of(any::<Place>())).prop_map(|(frame, writes, cut)| {
        let mut bytes = frame.into_bytes();
        for (place, byte) in writes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

/// Reads a frame as both sides would; what is accepted must come back the same.
fn read_as_both(frame: &str) -> Result<(), TestCaseError> {
    for request in decode_requests(frame).unwrap_or_default() {
        match request.packet {
            Ok(packet) => {
                let written = serde_json::to_string(&packet).expect("packets can be written");
                let again = decode_requests(&written).expect("it is a frame").remove(0);
                prop_assert_eq!(again.packet, Ok(packet));
            }
            Err(refusal) => prop_assert!(matches!(
                refusal.code,
                ErrorCode::Malformed | ErrorCode::UnknownType | ErrorCode::InvalidName | ErrorCode::InvalidHandle
            )),
        }
    }
    for packet in decode_incoming(frame).unwrap_or_default() {
        if let Incoming::Event(event) = packet {
            let again = decode_incoming(&encode_event(&event)).expect("it is a frame").remove(0);
            prop_assert!(matches!(&again, Incoming::Event(same) if *same == event), "{again:?}");
        }
    }
    Ok(())
}

/// Checks that a text is refused, or that what it becomes is written as a text that becomes the same.
fn settles<T: PartialEq + std::fmt::Debug>(
    text: &str,
    parse: impl Fn(&str) -> Option<T>,
    write: impl Fn(&T) -> &str,
) -> Result<(), TestCaseError> {
    if let Some(value) = parse(text) {
        prop_assert_eq!(parse(write(&value)), Some(value));
    }
    Ok(())
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn client_packets_survive_the_wire(reference in reference(), packet in client_packet()) {
        let requests = decode_requests(&encode_request(&reference, &packet)).expect("it is a frame");
        prop_assert_eq!(requests.len(), 1);
        prop_assert_eq!(requests[0].reference.as_ref(), Some(&reference));
        prop_assert_eq!(requests[0].packet.as_ref(), Ok(&packet));
    }

    #[test]
    fn arrays_of_client_packets_survive_the_wire(packets in vec(client_packet(), 0..4)) {
        let requests = decode_requests(&serde_json::to_string(&packets).expect("packets can be written"));
        let read = requests.expect("it is a frame").into_iter().map(|request| (request.reference, request.packet));
        prop_assert_eq!(read.collect::<Vec<_>>(), packets.into_iter().map(|packet| (None, Ok(packet))).collect::<Vec<_>>());
    }

    #[test]
    fn server_packets_survive_the_wire(packet in server_packet()) {
        let incoming = decode_incoming(&encode_event(&packet)).expect("it is a frame");
        prop_assert!(matches!(&incoming[..], [Incoming::Event(same)] if *same == packet), "{incoming:?}");
    }

    #[test]
    fn answers_survive_the_wire(
        reference in reference(),
        id in channel_id(),
        code in "[a-z_]{1,20}",
        reason in any::<String>(),
        retry_after_ms in of(any::<u64>()),
    ) {
        let code = serde_json::from_value(code.into()).expect("any text is a code");
        let refusal = ErrorReply { code, reason, retry_after_ms };
        let mut texts = vec![encode_ok(&reference, &Joined { id })];
        texts.push(encode_error(Some(&reference), &refusal));
        texts.push(encode_error(None, &refusal));
        let mut answers = texts.iter().map(|text| decode_incoming(text).expect("it is a frame").remove(0));
        let Some(Incoming::Answer(same, Ok(payload))) = answers.next() else { panic!("an `ok` is an answer") };
        prop_assert_eq!(&same, &reference);
        prop_assert_eq!(serde_json::from_str::<Joined>(payload.get()).ok(), Some(Joined { id }));
        let Some(Incoming::Answer(same, Err(read))) = answers.next() else { panic!("an `error` is an answer") };
        prop_assert_eq!((&same, &read), (&reference, &refusal));
        let Some(Incoming::Refusal(read)) = answers.next() else { panic!("an `error` without `ref` is a refusal") };
        prop_assert_eq!(&read, &refusal);
    }

    #[test]
    fn any_text_is_read_or_refused(text in any::<String>()) {
        read_as_both(&text)?;
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..256)) {
        read_as_both(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_json_like_text_is_read_or_refused(text in "[\\[\\]{}\",:0-9a-z\\\\ .e-]{0,128}") {
        read_as_both(&text)?;
    }

    #[test]
    fn damaged_frames_are_read_or_refused(frame in damaged_frame()) {
        read_as_both(&frame)?;
    }

    #[test]
    fn names_settle(text in prop_oneof![any::<String>(), "[!-~\\p{L}\\p{M}\\p{N} ]{0,80}"]) {
        settles(&text, |text| text.parse::<Handle>().ok(), Handle::as_str)?;
        settles(&text, |text| text.parse::<ChannelName>().ok(), ChannelName::as_str)?;
        settles(&text, |text| text.parse::<Topic>().ok(), Topic::as_str)?;
        settles(&text, |text| text.parse::<Status>().ok(), Status::as_str)?;
        settles(&text, |text| text.parse::<DisplayName>().ok(), DisplayName::as_str)?;
        settles(&text, |text| text.parse::<About>().ok(), About::as_str)?;
        settles(&text, |text| text.parse::<Nonce>().ok(), Nonce::as_str)?;
        settles(&text, |text| text.parse::<ChannelId>().ok(), ChannelId::as_str)?;
        settles(&text, |text| text.parse::<SessionId>().ok(), SessionId::as_str)?;
        settles(&text, |text| Content::parse(text).ok(), Content::as_str)?;
    }

    #[test]
    fn mentioned_words_are_slices_of_the_text(text in prop_oneof![any::<String>(), "[@a-cA-C_.\\- üß\n]{0,60}"]) {
        let mut end = 0;
        for (place, handle) in mention::words(&text) {
            prop_assert!(place.start >= end, "places ascend and do not overlap");
            end = place.end;
            let word = text.get(place).expect("a place lies on the borders of characters").to_ascii_lowercase();
            prop_assert_eq!(word.as_str(), handle.as_str());
        }
    }
}
