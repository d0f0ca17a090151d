# What chat-tui says on the screen, in English. One thing has one word, the one that weechat, Slack and Discord have for it.
# Style: capital first letter; what happened and what to press; no final stop after one sentence, one after each of several.
# The help has 42 columns for what a key does on a screen of 80; a line below a message has 37 on one of 40.

## The title of the terminal

title-chat = chat

## The screen as a whole

screen-no-channel = No channel is open. /join CHANNEL joins one.
screen-connecting = Connecting …
screen-offline = Offline, retrying …

## The line above the conversation

header-below = ↓ { $count } newer

## The list of channels

sidebar-friends = Friends
sidebar-friends-online = Friends { $count } online
sidebar-friends-requests = Friends { $count ->
        [one] 1 request
       *[other] { $count } requests
    }
sidebar-home = Home
sidebar-settings = Settings
sidebar-more-unread = { $sign } { $unread } unread
sidebar-more-mentions = { $sign } @{ $mentions } · { $unread } unread
sidebar-channels = Channels
sidebar-direct = Direct messages

## The list of members

members-gone = Not a member
members-offline = Offline
members-online = { $online } of { $total } online
members-count = { $count ->
        [one] 1 member
       *[other] { $count } members
    }
members-more = and { $count } more

## Presence and what is noted beside names

presence-note-disabled = disabled
presence-note-typing = typing
presence-note-idle = idle
presence-note-away = away
presence-note-busy = busy
presence-offline = Offline
presence-online = Online
presence-idle = Idle
presence-away = Away
presence-busy = Busy
presence-note-online = online
presence-note-offline = offline
presence-note-idle-since = idle { $time }
presence-note-away-since = away { $time }
presence-note-busy-since = busy { $time }

## Accounts

account-disabled = disabled
account-guest = guest

## Roles

role-owner = owner
role-moderator = moderator

## Who may do something

audience-everyone = Everyone
audience-shared = Friends and channel members
audience-friends = Friends
audience-unknown = ?

## Values of settings

setting-off = Off

## Themes

theme-default = Automatic
theme-light = Light
theme-contrast = High contrast
theme-plain = No colour

## Messages

timeline-quote-deleted = ↪ { $handle }: (deleted)
timeline-quote = ↪ { $handle }: { $text }
timeline-quote-unknown = ↪ Reply to message { $index }
timeline-loading = Loading …
timeline-new = New messages
timeline-deleted = Message deleted
timeline-file = 📎 { $name } · { $size }
timeline-file-passing = 📎 { $name } · { $percent } % of { $total }
timeline-file-waiting = 📎 { $name }
timeline-edited = edited
timeline-pinned = pinned
timeline-changing = change not saved yet
timeline-hidden-short = Earlier messages are hidden
timeline-hidden = Earlier messages are hidden from you
timeline-folded = ▸ { $count ->
        [one] 1 more line
       *[other] { $count } more lines
    } (Alt+O)
timeline-sending = Sending …
timeline-waiting = Will be sent when you are back online
timeline-not-sent = ✗ Not sent: { $reason } Ctrl+R resend  Alt+E edit

## Reactions

reactions-names-more = { $names } and { $count } more

## Dates (patterns of strftime)

date-day = %A %-d %B %Y
date-today = %H:%M
date-this-year = %a %-d %b %H:%M
date-other-year = %-d %b %Y

## Where one writes, and the keys of a selected message

composer-replying = Replying to { $quote } — Esc cancels
composer-editing = Editing your message — Enter saves, Esc cancels
composer-gone = Read-only. /close closes it.
composer-read-only = { $channel } is read-only
composer-message = Message { $channel }
composer-no-channel = /join CHANNEL — F1 help
composer-message-number = message { $index }

## The last row

status-online = Online
status-away = Away
status-busy = Busy
status-invisible = Invisible
status-connecting = Connecting …
status-not-kept = Not saved on this machine: drafts and unsent messages ({ $reason })
status-session = { $handle } on { $server }
status-offline-short = Offline
status-offline = Offline — retrying ({ $reason })
status-offline-in = Offline — retrying in { $seconds } s, Ctrl+R now ({ $reason })
status-uploading = { $count ->
    [one] Uploading on another device: { $name } · { $part } %
   *[other] Uploading on another device: { $name }, { $count } files in all · { $part } %
}
status-upload-failed = Upload failed on another device: { $name }
status-typing-one = { $name } is typing …
status-typing-two = { $first } and { $second } are typing …
status-typing-more = { $first }, { $second } and { $count ->
        [one] 1 other
       *[other] { $count } others
    } are typing …
status-unread = { $unread } unread   Alt+A next
status-mentions = { $mentions ->
        [one] 1 mention
       *[other] { $mentions } mentions
    } · { $unread } unread   Alt+A next
status-activity = Activity { $count }   Alt+U
status-reason-key = server key not trusted
status-reason-timeout = no answer
status-reason-closed = closed by the server
status-reason-cut = connection lost
status-reason-silent = server does not answer
status-reason-stuck = connection stalled
status-reason-socket = the process behind the socket can’t be trusted
status-reason-certificate-expired = its certificate has expired
status-reason-certificate-early = its certificate is not valid yet
status-reason-certificate-name = its certificate is for another name
status-reason-certificate-authority = its certificate is not signed by an authority in the --ca file
status-reason-not-encrypted = the server does not use TLS; did you mean http://?
status-reason-file = can’t use { $path }: { $reason }
status-reason-file-open = others can read { $path }, which holds a secret: chmod 600 it, or delete it
status-reason-file-owner = { $path } belongs to another user
status-reason-disk-slow = the disk is too slow
status-reason-store-silent = another chat-tui does not answer
status-reason-store-version = chat-tui { $version } is running, end it first
status-reason-store-newer = { $path } was made by a newer chat-tui
status-reason-no-home = no home folder
status-reason-restart = the server is restarting
status-reason-slow = this connection was too slow
status-reason-full = too much was waiting to be sent

## Notices: what happened

notice-copied = Copied (if your terminal allows OSC 52; F9 to select by mouse)
notice-password-changed = Password changed. Your other sessions were signed out.
notice-link-copied = Copied { $link } (if your terminal allows OSC 52; F9 to select by mouse)
notice-notify-mentions = { $channel }: notifications for mentions and replies
notice-notify-none = { $channel }: no notifications
notice-muted = { $channel } is muted until you /unmute it
notice-notify-all = { $channel }: notifications for all messages
notice-unmuted = { $channel } is unmuted
notice-muted-until = { $channel } is muted until { $time }
notice-status-set = Status set
notice-profile-saved = Profile updated
notice-friend-already = { $handle } is already your friend
notice-friend-removed = { $relation ->
        [asking] Friend request from { $handle } declined
        [asked] Friend request to { $handle } withdrawn
       *[other] { $handle } removed from your friends
    }
notice-unblocked = { $handle } unblocked
notice-kicked = { $handle } was removed from { $channel }
notice-banned = { $handle } is banned from { $channel }
notice-unbanned = { $handle } is not banned from { $channel } any more
notice-timed-out = { $handle } is timed out until { $time }
notice-timeout-ended = { $handle } can post again
notice-read-only = { $channel } is read-only now: only the owner and moderators can post
notice-not-read-only = Everyone in { $channel } can post now
notice-slow-mode = Slow mode: { $seconds } s between a member’s messages
notice-slow-mode-off = Slow mode is off
notice-command-help = { $usage }: { $help }
notice-topic-none = { $channel } has no topic
notice-topic = Topic of { $channel }: { $topic }
notice-status = Your status: { $status } (/status - clears it)
notice-status-none = You have no status. /status TEXT sets one.
notice-presence-online = You are online
notice-presence-away = You are away until you type /back
notice-presence-busy = Do not disturb is on until you type /back
notice-presence-invisible = You appear offline until you type /back
notice-message-waits = Message to { $handle } will be sent when you are back online
notice-store-damaged = The messages saved on this machine were damaged. The file is now { $path }; messages are fetched again
notice-drafts-in-history = Ctrl+Up brings back what you were writing
notice-no-unread = No unread channels
notice-mouse-on = Mouse on: hold Shift to select text. F9 turns it off.
notice-mouse-off = Mouse off: select text with the terminal. F9 turns it on.
notice-quit-again = Press Ctrl+C again to quit
notice-joined-behind = { $channel } was opened in the background, because you are writing. /open { $channel } goes there.
notice-made-private = { $channel } is private now: only invited people can join
notice-invited = { $handle } invited you to { $channel }. Alt+U accepts or declines.
notice-invite-sent = Invitation sent. { $handle } has to accept it.
notice-posted = Posted
notice-invite-code = Invite code copied: { $command } — { $uses ->
        [one] 1 person
       *[other] { $uses } people
    }, until { $date }
notice-friend-added = { $handle } is your friend now
notice-friend-asked = Friend request sent to { $handle }
notice-blocked = { $handle } blocked
notice-post-waits = Your post will be sent when you are back online
notice-unsent-gone = The unsent messages are for channels you were removed from
notice-all-sent = All messages are sent
notice-still-sending = { $count ->
        [one] 1 message is
       *[other] { $count } messages are
    } still being sent
notice-nothing-failed = No unsent messages here
notice-trial = Private server, ends when you quit. In a second terminal run:  { $program } --server { $server } --register
notice-status-cleared = Status cleared
notice-invite-code-unlimited = Invite code copied: { $command } — any number of people, until { $date }
notice-reply-waits = Your reply will be sent when you are back online

## Channels that are gone

gone-removed-by = { $handle } removed you from { $channel }
gone-removed = You were removed from { $channel }
gone-banned-by = { $handle } banned you from { $channel }
gone-banned = You were banned from { $channel }
gone-deleted-by = { $handle } deleted { $channel }
gone-deleted = { $channel } was deleted
gone-private-by = { $handle } made { $channel } private, so guests had to leave
gone-private = { $channel } is private now, so guests had to leave
gone-not-a-member = You are not a member of { $channel } any more
gone-left = You left { $channel }
gone-closed = { $channel } was closed
gone-line = ✗ { $reason }. Read-only; /close closes it.

## Activity

activity-mention = { $handle } mentioned you
activity-reply = { $handle } replied to you
activity-reaction = { $handle } reacted { $emoji } to your message
activity-invitation = { $handle } invited you to { $channel }
activity-added = { $handle } added you to { $place }
activity-friend = { $handle } sent you a friend request
activity-unknown = { $handle } did something this version can’t show
activity-mention-in = { $handle } mentioned you in { $place }
activity-reply-in = { $handle } replied to you in { $place }
activity-reply-post = { $handle } replied to your post
activity-reaction-in = { $handle } reacted { $emoji } to your message in { $place }
activity-reaction-post = { $handle } reacted { $emoji } to your post
activity-invitation-private = { $handle } invited you to { $channel } (private)

## Places

place-posts = { $handle }’s posts
place-my-posts = your posts
place-direct = a direct message

## Channels of the same name

namesake-owner = owner { $handle }
namesake-members = { $count ->
        [one] 1 member
       *[other] { $count } members
    }
namesake-invited = invited by { $handle }
namesake = id:{ $id } ({ $details })
namesake-public = public
namesake-private = private
namesake-channel = channel

## Forms

form-sign-in-key-untrusted = The key of this server is not trusted
form-sign-in-account-deleted = Your account was deleted
form-emoji-label = Emoji
form-emoji-title = Add a reaction
form-waiting = Waiting for the server …
form-delete-account-warning = This cannot be undone. Nobody can take your handle again. To keep your data, run chat-tui export first.
form-label-handle = Handle
form-label-password = Password
form-delete-account-confirm = Type { $handle } to confirm
form-delete-account-title = Delete your account
form-delete-account-messages = Messages
form-delete-account-keep = Keep without your name
form-delete-account-remove = Delete all of them
form-delete-account-busy = Deleting …
form-delete-account-hint = Leave Password empty if you have none
form-label-server = Server
form-label-invite-code = Invite code
form-sign-in-title = Sign in to { $server }
form-sign-in-tab = Sign in
form-sign-up-tab = Create account
form-sign-in-busy = Signing in …
form-sign-up-rule = Password: at least 9 characters
form-password-current = Current
form-password-new = New password
form-password-repeat = Repeat new
form-password-differ = The new passwords differ
form-password-title = Change password
form-password-busy = Saving …
form-password-hint = Leave Current empty if you have no password yet
form-create-name = Name
form-create-title = Create a channel
form-invite-title = Invite to { $channel }
form-create-visibility = Visibility
form-create-public = Public
form-create-private = Private
form-server-key-answer = yes or no
form-server-key-nothing-sent = Nothing was sent. If the operator confirms this key, start chat-tui with
form-server-key-unknown = { $server } has a key that no authority has signed:
form-server-key-ask = Compare this fingerprint with the operator’s (chatd status). Trust it? yes / no
form-server-key-changed = { $server } has a different key than before. Someone may be intercepting the connection.
form-server-key-was = Before  { $key }
form-server-key-is = Now     { $key }
form-server-key-not-named = { $server } has a different key than --trust names
form-server-key-expected = Expected  { $key }
form-server-key-found = Found     { $key }
form-server-key-title = Unknown server key
form-server-key-title-changed = SERVER KEY CHANGED
form-server-key-title-not-named = UNEXPECTED SERVER KEY
form-sign-up-title = Create an account on { $server }
form-sign-up-busy = Creating your account …
form-required = Enter a handle and a password

## Keys of forms: a key and its word

form-key-answer = Enter answer
form-key-cancel = Esc cancel
form-key-choose = ↑↓ choose
form-key-close = Esc close
form-key-complete = Tab complete
form-key-create = Enter create
form-key-delete-account = Enter delete account
form-key-invite = Enter invite
form-key-next = Tab next field
form-key-quit = Ctrl+Q quit
form-key-react = Enter react
form-key-save-password = Enter save, sign out other sessions
form-key-sign-in = Enter sign in
form-key-sign-up = Enter create account
form-key-to-sign-in = F2 sign in instead
form-key-to-sign-up = F2 create account
form-key-visibility = Tab public/private

## Questions

confirm-leave = Leave { $channel }?
confirm-leave-last = You are the last member: { $channel } and all its messages will be deleted
confirm-leave-private = { $channel } is private: you need a new invitation to come back
confirm-join-about = { $visibility ->
        [private] { $handle } invited you to { $channel }, a private channel. Its members will see that you joined.
       *[other] { $handle } invited you to { $channel }. Its members will see that you joined.
    }
confirm-join = Join { $channel }?
confirm-make-public = Make { $channel } public?
confirm-make-public-about = Everyone on this server will be able to find and join it
confirm-make-public-history = Everyone on this server will be able to find and join it. Should they also see the history ({ $count ->
        [one] 1 message
       *[other] { $count } messages
    })?
confirm-make-public-all = show the whole history
confirm-make-public-new = show only new messages
confirm-make-private-guests-some = Only invited people will be able to join. Members stay; guests will be removed.
confirm-make-private-guests = Only invited people will be able to join. Members stay; { $count ->
        [one] 1 guest
       *[other] { $count } guests
    } will be removed.
confirm-make-private-about = Only invited people will be able to join. Members stay.
confirm-make-private = Make { $channel } private?
confirm-delete-message = Delete message for everyone?
confirm-friend = Accept { $handle }’s friend request?
confirm-unfriend = Remove { $handle } from your friends?
confirm-block = Block { $handle }? They won’t be told.
confirm-unblock = Unblock { $handle }?
confirm-remove-reaction-all = Remove all { $emoji } reactions?
confirm-remove-reaction-of = Remove { $handle }’s { $emoji } reaction?
confirm-make-member = Make { $handle } a regular member?
confirm-make-moderator = Make { $handle } a moderator?
confirm-timeout = Time out { $handle } for 10 minutes?
confirm-kick = Remove { $handle } from { $channel }?
confirm-ban = Ban { $handle } from { $channel }?
confirm-sign-out-about = signed in { $since }, { $name }
confirm-sign-out = Sign out this session?
confirm-sign-out-others = Sign out all other sessions?
confirm-keep = Esc keep
confirm-verb-other = continue
confirm-verb-join = join
confirm-verb-leave = leave
confirm-verb-public = make public
confirm-verb-private = make private
confirm-verb-delete = delete
confirm-verb-accept = accept
confirm-verb-block = block
confirm-verb-unblock = unblock
confirm-verb-remove = remove
confirm-verb-ban = ban
confirm-verb-timeout = time out
confirm-verb-moderator = make moderator
confirm-verb-member = make member
confirm-verb-sign-out = sign out
confirm-delete-post = Delete this post?

## Pages

page-loading = Loading …
page-activity-title = Activity
page-activity-title-count = Activity — { $count }{ $more }
page-activity-invitation = a accept  x decline  or /join id:{ $id }
page-activity-empty = You’re all caught up
page-channels-find = Find
page-channels-title = Channels — { $count }{ $more }
page-searching = Searching …
page-channels-empty = No channels match
page-channels-create = Create #{ $name }
page-channels-create-about = Public: anyone can find and join it
page-channels-private = (private)
page-channels-open = joined
page-channels-join = join
page-channels-members = { $count ->
        [one] 1 member
       *[other] { $count } members
    }
page-channels-no-messages = no messages yet
page-channels-unread = { $count } unread
page-channels-owner = owner { $handle }
page-friends-empty = No friends yet. n adds one by handle; they get a request.
page-friends-title = Friends
page-friends-title-count = Friends — { $online } of { $count } online
page-friends-asking = sent you a friend request · { $time }
page-friends-asked = request sent { $time }
page-friends-blocked = blocked · { $time }
page-friends-last-seen = Last seen { $time }
page-more-lines = … { $count ->
        [one] 1 more line
       *[other] { $count } more lines
    }
page-pins-title = Pinned in { $channel } — { $count }
page-pins-empty = No pinned messages. P on a selected message pins it.
page-moderation-title = Banned and timed out in { $channel }
page-moderation-banned = banned
page-moderation-timed-out = timed out until { $time }
page-moderation-empty = No one is banned or timed out
page-posts-title = Posts by @{ $handle }
page-home-title = Home — posts by your friends
page-posts-replies = { $count ->
        [one] 1 reply
       *[other] { $count } replies
    }
page-posts-empty = No posts you can read
page-home-empty = No posts yet. n writes one; add friends (F3) to see theirs.
page-profile-last-seen = Last seen { $time }
page-profile-joined = joined { $date }
page-profile-joined-first = Joined { $date }
page-profile-friend = Your friend
page-profile-asked = Friend request sent
page-profile-asking = Sent you a friend request: f accepts, x declines
page-profile-blocked = Blocked: b unblocks
page-profile-posts = Posts …
page-profile-common = { $count ->
        [one] 1 channel in common
       *[other] { $count } channels in common
    }
page-reactions-title = Reactions — { $count }
page-reactions-empty = No reactions to this message yet
page-you = (you)
page-reactions-all = { $emoji }  { $count ->
        [one] 1 reaction
       *[other] { $count } reactions
    }
page-room-title-none = Channel
page-room-title = { $channel } — { $count ->
        [one] 1 member
       *[other] { $count } members
    }
page-room-empty = You are not a member of this channel
page-room-topic = Topic
page-room-visibility = Visibility
page-room-public = Public (anyone can find and join it)
page-room-private = Private (invited people only)
page-room-read-only = Read-only
page-room-slow-mode = Slow mode
page-room-slow-mode-on = { $seconds } s between messages
page-room-notify-all = All messages
page-room-notify-mentions = Mentions and replies
page-room-notify-none = None
page-room-notifications = Notifications
page-room-muted = Muted until
page-search-help = Words, "phrases", -without, from:HANDLE, in:#CHANNEL, before:YYYY-MM-DD, after:YYYY-MM-DD
page-search-label = Search
page-search-title = Search
page-search-title-count = Search — { $count ->
        [one] 1 result
       *[other] { $count } results
    }
page-search-empty = No messages match “{ $words }”
page-sessions-unnamed = Unnamed client
page-sessions-title = Sessions — { $count }
page-sessions-this = (this session)
page-sessions-connected = Connected
page-sessions-last-used = Last used { $time }
page-sessions-times = { $used } · signed in { $since } · expires { $until }
page-settings-presence-pending = { $presence } — Enter sets it
page-settings-title = Settings — { $handle }
page-settings-export = To export your data, run in a shell: chat-tui --server { $server } export > my-data.jsonl
page-settings-presence = Presence
page-settings-status = Status
page-settings-name = Display name
page-settings-bio = Bio
page-settings-who-sees = Who can see my presence
page-settings-who-writes = Who can message me
page-settings-who-adds = Who can add me to channels
page-settings-who-reads = Who can read my posts
page-settings-theme = Theme
page-settings-password = Change password …
page-settings-sessions = Sessions …
page-settings-profile = My profile …
page-settings-data = Export my data …
page-settings-delete = Delete account …
page-settings-online = Online (goes idle automatically)
page-settings-away = Away
page-settings-busy = Busy (do not disturb)
page-settings-invisible = Invisible (you appear offline)
page-thread-title = Thread in { $channel } — { $count ->
        [one] 1 reply
       *[other] { $count } replies
    }
page-thread-title-loading = Thread
page-writing-post = New post
page-writing-reply = Reply
page-writing-edit = Edit
page-writing-status = Status
page-writing-name = Display name
page-writing-bio = Bio
page-writing-topic = Topic
page-writing-friend = Add a friend by handle
page-room-not-muted = —
page-room-read-only-on = On: only the owner and moderators can post
page-search-title-more = Search — { $count }+ results
page-search-indexing = { $title }, still indexing
page-search-offline = { $title }, saved messages only
page-friends-online-since = { $presence } since { $time }

## Pages: their names in the help

page-name-activity = Activity
page-name-home = Home and posts
page-name-thread = Thread
page-name-reactions = Reactions
page-name-channels = Channels
page-name-room = Channel settings and members
page-name-pins = Pinned messages
page-name-moderation = Banned and timed out
page-name-search = Search
page-name-friends = Friends
page-name-profile = Profile
page-name-settings = Settings
page-name-sessions = Sessions

## Pages: what stands behind a key below a page or a selected message

page-key-back = back
page-key-more = more
page-key-cancel = cancel
page-key-done = done
page-key-open = open
page-key-search = search
page-key-join = join
page-key-create = create
page-key-edit = edit
page-key-change = change
page-key-accept = accept
page-key-decline = decline
page-key-clear = mark done
page-key-clear-all = mark all done
page-key-undo = undo
page-key-post = new post
page-key-reply = reply
page-key-like = like
page-key-react = react
page-key-reactions = reactions
page-key-delete = delete
page-key-copy = copy
page-key-copy-link = copy URL
page-key-save-files = save files
page-key-pin = pin
page-key-unpin = unpin
page-key-unban = unban
page-key-end-timeout = end timeout
page-key-unread = mark unread
page-key-original = jump to original
page-key-thread = thread
page-key-profile = profile
page-key-message = message
page-key-add-friend = add friend
page-key-unfriend = unfriend
page-key-withdraw = withdraw request
page-key-block = block
page-key-unblock = unblock
page-key-moderator = make moderator
page-key-member = make member
page-key-timeout = time out
page-key-remove = remove
page-key-ban = ban
page-key-mute = mute channel
page-key-unmute = unmute channel
page-key-sign-out = sign out
page-key-sign-out-others = sign out all others
page-key-send = send
page-key-send-request = send request
page-key-save = save
page-key-new-line = new line

## Pages: what the help says of a key

page-help-open = Open
page-help-search = Run the search
page-help-join = Join the channel
page-help-create = Create the channel
page-help-edit-setting = Edit the setting
page-help-change-setting = Change the setting
page-help-choose-setting = Change the value; Enter picks the next
page-help-accept-invitation = Accept the invitation
page-help-decline-invitation = Decline the invitation
page-help-clear = Mark as done
page-help-clear-all = Mark everything as done
page-help-undo = Undo: bring back what was marked as done
page-help-post = Write a post
page-help-unpin = Unpin
page-help-unban = Lift the ban
page-help-end-timeout = End the timeout
page-help-profile = Open profile
page-help-message = Send a direct message
page-help-add-friend = Add a friend
page-help-accept-friend = Accept the friend request
page-help-decline-friend = Decline the friend request
page-help-withdraw = Withdraw your friend request
page-help-unfriend = Remove from your friends
page-help-block = Block
page-help-unblock = Unblock
page-help-moderator = Make moderator
page-help-member = Make a regular member
page-help-timeout = Time out for 10 minutes
page-help-remove-member = Remove from the channel
page-help-ban = Ban from the channel
page-help-mute = Mute the channel for 8 hours
page-help-unmute = Unmute the channel
page-help-remove-reaction = Remove the reaction
page-help-sign-out = Sign out this session
page-help-sign-out-others = Sign out all other sessions

## Help: keys

help-title-keys = Keys
help-title-writing = Writing
help-title-message = On a selected message
help-title-pages = On pages
help-title-commands = Commands
help-title-page = Page: { $page }
help-title = Help — ↑↓ PgUp PgDn  Esc close
help-key-send = Send
help-key-new-line = New line
help-key-complete = Complete a name, command or :emoji
help-key-next-channel = Next, previous channel
help-key-next-unread = Next unread channel
help-key-channel = Go to channel 1–9
help-key-page = Scroll
help-key-bottom = Jump to the newest message
help-key-create = Create a channel
help-key-invite = Invite someone to this channel
help-key-retry = Resend failed messages; reconnect now
help-key-take-back = Edit an unsent message
help-key-search = Search
help-key-activity = Activity: mentions, replies, requests
help-key-channels = Browse all channels
help-key-room = Channel settings and members
help-key-pins = Pinned messages
help-key-home = Home: posts by your friends
help-key-friends = Friends
help-key-settings = Settings: presence, privacy, theme
help-key-mouse = Toggle mouse
help-key-mark-read = Mark channel as read
help-key-unfold = Expand or collapse long messages
help-key-panels = Show or hide channel list, member list
help-key-help = This help
help-key-interrupt = Clear input (Ctrl+Y pastes); twice: quit
help-key-redraw = Redraw
help-key-suspend = Suspend (fg resumes)
help-key-quit = Quit
help-edit-line = Start, end of line
help-edit-word = Word left, right
help-edit-delete-word = Delete a word
help-edit-delete-line = Delete to start, to end of line
help-edit-yank = Paste deleted text (yank) in any channel
help-edit-undo = Undo
help-edit-choose = Select a message (when the input is empty)
help-edit-history = Input history
help-message-move = Previous, next message
help-message-reply = Reply
help-message-edit = Edit your message
help-message-delete = Delete the message
help-message-like = Like / unlike
help-message-react = React with an emoji
help-message-reactions = Show or remove reactions
help-message-thread = Open thread
help-message-profile = Profile of the author
help-message-pin = Pin / unpin
help-message-unread = Mark unread from here
help-message-copy = Copy the text
help-message-save = Save its files in your folder for downloads
help-message-link = Copy the URL in the message
help-message-original = Jump to the original
help-page-move = Move; long entries scroll line by line
help-page-help = Help, starting with the keys of the page
help-page-close = Back; cancels what is not saved

## Help: commands

command-join-arguments = CHANNEL
command-join = Join a channel, or create a public one
command-open-arguments = CHANNEL or @HANDLE
command-open = Go to a channel or direct message you are in
command-create-arguments = CHANNEL [private]
command-create = Create a channel
command-leave-arguments = [CHANNEL or @HANDLE]
command-leave = Leave a channel or close a direct message
command-close-arguments = [CHANNEL or @HANDLE]
command-close = Close a direct message, or a channel you were removed from
command-msg-arguments = HANDLE [TEXT]
command-msg = Send or open a direct message
command-invite-arguments = HANDLE
command-invite = Invite someone to this channel
command-invite-code-arguments = [USES] [DAYS]
command-invite-code = Create an invite code for this channel
command-redeem-arguments = CODE
command-redeem = Join a channel with an invite code
command-public = Make this channel public (asks first)
command-private = Make this channel private (asks first)
command-delete-channel-arguments = NAME
command-delete-channel = Delete this channel for good; type its name to confirm
command-kick-arguments = HANDLE
command-kick = Remove someone from this channel
command-ban-arguments = HANDLE
command-ban = Ban someone from this channel
command-unban-arguments = HANDLE
command-unban = Unban someone from this channel
command-timeout-arguments = HANDLE MINUTES
command-timeout = Stop someone from posting here for MINUTES; 0 ends it
command-rename-arguments = NAME
command-rename = Rename this channel
command-readonly-arguments = on|off
command-readonly = Let only the owner and moderators post
command-slow-arguments = SECONDS
command-slow = Slow mode: seconds between a member’s messages; 0 turns it off
command-role-arguments = HANDLE owner|moderator|member
command-role = Set someone’s role in this channel
command-topic-arguments = [TEXT]
command-topic = Show or set the topic; - clears it
command-channels-arguments = [WORDS]
command-channels = Browse all channels
command-search-arguments = [WORDS]
command-search = Search all messages you can read
command-activity = Activity: mentions, replies, reactions, invitations, requests
command-room = Channel settings and members
command-pins = Pinned messages
command-bans = People who are banned or timed out here
command-profile-arguments = [HANDLE]
command-profile = Show someone’s profile and recent messages
command-post-arguments = TEXT
command-post = Write a post for your friends
command-home = Home: posts by your friends
command-posts-arguments = HANDLE
command-posts = Posts by one person
command-friends = Friends and friend requests
command-friend-arguments = HANDLE
command-friend = Send or accept a friend request
command-unfriend-arguments = HANDLE
command-unfriend = Remove a friend, or decline or withdraw a request
command-block-arguments = HANDLE
command-block = Block someone: they can’t message you or see your presence
command-unblock-arguments = HANDLE
command-unblock = Unblock someone
command-sessions = Your sessions: where you are signed in
command-settings = Your settings: presence, privacy, theme
command-notify-arguments = all|mentions|none
command-notify = Notifications for this channel: all, mentions or none
command-mute-arguments = [MINUTES]
command-mute = Mute this channel for MINUTES; 0 unmutes it
command-unmute = Unmute this channel
command-upload-arguments = [--keep-metadata] PATHS [-- CAPTION]
command-upload = Send files: /upload photo.jpg "my notes.txt" -- from the harbour
command-cancel-upload = Cancel the last message whose files are still going up
command-download = Save the files of the selected message, or the last files here, in your folder for downloads
command-upload-clipboard = Send the picture in the clipboard of this desktop; you see the line first
clipboard-no-picture = There is no picture in the clipboard
clipboard-no-desktop = There is no desktop here whose clipboard could have a picture. /upload-link takes one from another machine.
clipboard-no-program = Pictures in the clipboard need { $program }, which is not installed here
error-upload-not-empty = Something is being written: send or clear it first
command-selfie = Take a selfie of two seconds with the camera of this machine, and send it here
selfie-title = Selfie for { $channel }
selfie-opening = Opening the camera …
selfie-taking = Taking …
selfie-keys-live = Space take   Esc cancel
selfie-keys-taken = Enter send   r take another   Esc cancel
selfie-keys-again = r try again   Esc close
selfie-keys-failed = Esc cancel
selfie-no-ffmpeg = A selfie needs ffmpeg, which is not installed here (apt install ffmpeg). /upload-link takes a picture from your phone.
selfie-no-camera = No picture from the camera { $camera }: { $reason }. Choose another one with --camera. Over ssh, /upload-link takes a picture from your phone.
selfie-not-made = The selfie could not be made: { $reason }
command-upload-link = A link and QR code by which you send files here from a phone or another machine
command-download-link = A link and QR code by which the files of the selected message, or the last files here, are opened on a phone or another machine
link-title-send = Send files to { $channel }
link-title-fetch = { $count ->
    [one] Open the file elsewhere
   *[other] Open { $count } files elsewhere
}
link-until-once = Works once, until { $time }. Whoever has it sends as you.
link-until = Works until { $time }, for whoever has it.
link-no-code = The QR code needs a larger terminal.
link-key-copy = c copy link
link-key-close = Esc close
page-key-link = link
help-message-download-link = A link and QR code for its files
error-no-public-url = This server makes no links. Its operator has to set files.public_url, the address by which browsers reach it.
error-upload-quotes = A quotation mark is missing: /upload "my notes.txt"
error-too-many-files = A message has at most { $count } files
command-avatar-arguments = PATH | remove
command-avatar = Set the picture that others see beside your name: /avatar photo.jpg
notice-not-uploaded = Not uploaded: { $reason }
notice-files-pasted = { $count ->
    [one] { $name } was pasted: Enter uploads it, Ctrl+U clears the line
   *[other] { $count } files were pasted: Enter uploads them, Ctrl+U clears the line
}
viewer-keys = + - zoom   ←↑↓→ move   n p next, previous   s save   Esc close
viewer-keys-short = + -   ←↑↓→   n p   s save   Esc close
viewer-zoom = { $zoom }×
viewer-place = { $place } of { $total }
page-key-view = view
help-message-view = Look at its picture closely
error-no-picture = No picture in that message
command-pictures-arguments = [on | off]
command-pictures = Draw pictures in messages, or only name them
notice-pictures-on = Pictures are drawn ({ $how }). /pictures off only names them.
notice-pictures-off = Pictures are only named. /pictures on draws them.
error-no-pictures = Pictures cannot be drawn: the terminal has fewer than 256 colors or no UTF-8, NO_COLOR is set, or --pictures is off
image-damaged = it is damaged, or no picture
error-upload-none = Nothing is going up here
error-no-files = No files here
notice-upload-cancelled = Upload cancelled
notice-saving = Saving { $name } …
notice-saving-part = Saving { $name } · { $part } % of { $total }
page-key-open-file = open
help-message-open = Save its file and open it with the program of your desktop
error-not-opened = Only pictures, films, sound, PDF and text are opened. s saves any file.
open-no-desktop = The file is saved, but there is no desktop here to open it
open-no-opener = The file is saved, but xdg-open, which opens files, is not installed here
open-no-program = The file is saved, but the desktop has no program for it
notice-saved = Saved as { $path }
notice-saved-several = { $count } files saved in { $folder }
notice-not-saved = { $name } was not saved: { $reason }
command-me-arguments = TEXT
command-me = Send an action: /me waves
command-status-arguments = [TEXT]
command-status = Show or set your status; - clears it
command-away-arguments = [STATUS]
command-away = Show as away until /back
command-dnd-arguments = [STATUS]
command-dnd = Do not disturb until /back
command-invisible = Appear offline until /back
command-back = Show as online again and clear your status
command-nick-arguments = NAME
command-nick = Set your display name; - clears it
command-about-arguments = TEXT
command-about = Set your bio; - clears it
command-password = Set or change your password
command-next = Go to the next unread channel
command-read = Mark this channel as read
command-retry = Resend failed messages; reconnect now
command-takeback = Edit an unsent message
command-unfold = Expand or collapse long messages
command-help-arguments = [COMMAND]
command-help = Show keys and commands
command-logout = Sign out of this session
command-quit = Quit

## Failures and refusals

error-account-disabled = This account is disabled. Ask the operator.
error-account-gone = This account was deleted. Nobody would read your message.
error-already-private = { $channel } is already private
error-already-public = { $channel } is already public
error-another-owner = { $server } is run by { $found } now; before it was { $known }. Nothing secret was sent. If that is right, use --trust uid:{ $uid }
error-another-owner-named = { $server } is run by { $found }, not by { $named } as --trust says. Nothing secret was sent. If that is right, use --trust uid:{ $uid }
error-applicants-max = Too many account requests are waiting. Try again later.
error-applicants-network-max = Too many account requests from your network are waiting. Try again later.
error-approval-pending = Account requested. An operator has to approve it; try again later.
error-avatar-rule = An avatar is a picture: /avatar photo.jpg
error-banned = You are banned from { $channel }
error-bio-rule = A bio has at most { $max } bytes
error-blocked-by-you = You blocked { $handle }. /unblock { $handle } undoes that.
error-change-refused-later = Not done. { $reason }
error-changes-server-reset = { $count ->
        [one] Your change to a message was not saved: the server was restored from a backup. Ctrl+Up brings edited text back.
       *[other] { $count } changes to messages were not saved: the server was restored from a backup. Ctrl+Up brings edited text back.
    }
error-changes-too-late = { $count ->
        [one] Your change to a message was not saved: you were offline too long. Ctrl+Up brings edited text back.
       *[other] { $count } changes to messages were not saved: you were offline too long. Ctrl+Up brings edited text back.
    }
error-channel-id = “{ $id }” is not a channel id
error-channel-rule = Channel names have 1 to { $max } letters, digits or _ - .
error-command-while-editing = This is a command, but you are editing a message. Esc cancels the edit; // sends a line that begins with /.
error-commands-lost = { $count ->
        [one] Connection lost before your command was answered. Ctrl+Up brings it back.
       *[other] Connection lost before { $count } commands were answered. Ctrl+Up brings them back.
    }
error-connection-lost = The connection was lost. Try again when you are back online.
error-created-max = You can’t create more channels: you have reached your limit
error-delete-channel-name = To delete { $channel } type: /delete-channel { $name }
error-delete-channel-namesakes = Several channels have this name. To delete the open one type: /delete-channel id:{ $id }
error-delete-others = Only the author, and the owner and moderators of { $channel }, can delete this message
error-delete-others-here = You can only delete your own messages here
error-edit-others = You can only edit your own messages
error-edit-refused = { $reason } Ctrl+Up brings your edit back.
error-edit-refused-later = Your edit was not saved. { $reason } Ctrl+Up brings it back.
error-edit-system = You can’t edit this line: the server wrote it
error-emoji = No emoji matches. Type a name such as tada.
error-gone-not-sent = Nothing was sent: you are not a member of { $channel } any more. Ctrl+U cuts your text, Ctrl+Y pastes it elsewhere.
error-guest = Guests can’t do that. /password makes this a full account.
error-handle-kept = “{ $handle }” is reserved for the user of this machine with that name
error-handle-missing = Enter a handle
error-handle-of-another = “{ $handle }” belongs to another account. Sign in with its password, or ask the operator for another handle.
error-handle-reserved = “{ $handle }” is reserved. Choose another handle.
error-handle-reserved-local = “{ $handle }” is reserved. Ask the operator for another handle.
error-handle-rule = Handles have 1 to { $max } of a-z 0-9 _ - . — starting with a letter or digit, not ending in a dot
error-handle-taken = “{ $handle }” is taken. F2 signs in as { $handle }, or choose another handle.
error-history = Messages could not be loaded; retrying. { $reason }
error-internal = The server could not do this (internal error)
error-internal-client = The message could not be sent (internal error). Alt+E edits it.
error-invalid-credentials = Wrong handle or password
error-invite-code = This invite code is wrong, used up or expired
error-invite-code-form = “{ $code }” is not an invite code
error-invite-code-unusable = The server sent an invalid invite code
error-invite-codes-max = { $channel } has reached its limit of invite codes
error-invite-no-channel = You can only invite people to a channel. Open one first.
error-join-first = You are not a member of { $channel }. /join { $channel } joins it.
error-key-changed = THE SERVER KEY HAS CHANGED: it was { $known } and is now { $found }. Someone may be intercepting the connection. If the operator confirms the new key, use --trust { $found }
error-key-not-named = The server key is { $found }, not { $named } as --trust says
error-key-unknown = Unknown server key { $found }. If the operator confirms it, use --trust { $found }
error-list-not-loaded = The list is still loading
error-lobby = The lobby can’t be deleted: new users start there
error-members-max = { $channel } has reached its limit of members
error-memberships-max = You have reached your limit of channels. Leave one first.
error-message-deleted = This message was deleted
error-message-empty = Type a message first
error-message-not-visible = You can’t see this message
error-message-nul = A message can’t contain U+0000
error-mute-member = To stop a member from posting use /timeout { $handle } { $minutes }. /mute mutes this channel for you.
error-mute-member-handle = To stop a member from posting use /timeout { $handle } MINUTES. /mute mutes this channel for you.
error-name-looks-taken = A public channel has a name that looks the same
error-name-rule = A display name is one line of at most { $max } characters
error-name-taken = A public channel is already called “{ $name }”
error-namesakes = { $count } channels are called “{ $name }”. Use { $command } with an id: { $list }
error-namesakes-more = { $count } channels are called “{ $name }”. Use { $command } with an id: { $list } and { $more } more
error-no-arguments = { $command } takes no arguments. Nothing was done.
error-no-channel = No channel is open. /join CHANNEL joins one.
error-no-conversation = No direct messages with { $handle } yet. /msg { $handle } starts them.
error-no-guests = This server does not accept guests
error-no-link = No URL in this message
error-no-messages-from-you = { $handle } does not accept messages from you
error-no-original = This message is not a reply
error-no-reactions = No reactions to this message yet
error-no-such-account = No account called “{ $handle }”
error-no-such-channel = No such channel, or you can’t see it
error-no-such-host = No server found at { $server } (unknown host name)
error-no-such-id = You are not a member of a channel with this id
error-no-such-message = This message does not exist
error-no-such-session = This session has already ended
error-no-such-user = No account called “{ $handle }” here. F2 creates it.
error-not-a-chat-server = { $server } does not answer like a chat server. Check https or http, and the port.
error-not-a-friend = { $handle } is not your friend
error-not-a-member = You are not a member of this channel
error-not-a-member-of = You are not a member of a channel called “{ $name }”
error-not-in-channel = { $handle } is not a member of { $channel }
error-number = “{ $text }” is not a number. Usage: { $usage }
error-offline = You are offline. Try again when you are back online.
error-other-server = You can only sign in to { $server } here
error-packet-too-long = Too long to send: { $bytes } bytes in total, the limit is { $max }
error-password-common = This password is too common. Choose another.
error-password-long = Password: at most { $max } characters
error-password-missing = Enter your current password
error-password-short = Password: at least 9 characters
error-paste-too-long = Too long to paste: { $bytes } bytes
error-pin-role = Only the owner and moderators of { $channel } can pin messages
error-pins-max = { $channel } has reached its limit of pinned messages
error-plain-http = http://{ $server } is not encrypted. Use https://{ $server }, or start chat-tui with --allow-plain-http { $server }
error-post-empty = Usage: /post TEXT
error-post-refused = { $reason } Ctrl+Up in the input line brings your text back.
error-public-channels-max = This server has reached its limit of public channels
error-question-while-writing = Nothing was done, because you were writing. Run the command again to answer its question.
error-quit-unsent-kept = { $count ->
        [one] 1 message is
       *[other] { $count } messages are
    } not sent yet and will be kept for the next start. Repeat to confirm.
error-quit-unsent-lost = { $count ->
        [one] 1 message is
       *[other] { $count } messages are
    } not sent yet and will be lost. Repeat to confirm.
error-quota = You have used up your storage. Delete something, or ask the operator.
error-rate-limited = Too many requests. Try again in { $seconds } s.
error-reactions-max = This message has reached its limit of reactions
error-reactions-own-max = You have reached your limit of reactions to this message
error-reactions-role = Only the owner and moderators of { $channel } can remove other people’s reactions
error-read-only = { $channel } is read-only
error-relations-max = You have reached the limit of friends or blocked people
error-role = { $deed ->
        [invite] Only the owner and moderators of { $channel } can invite people
        [kick] Only the owner and moderators of { $channel } can remove people, and only people with a lower role
        [ban] Only the owner and moderators of { $channel } can ban people, and only people with a lower role
        [timeout] Only the owner and moderators of { $channel } can time people out, and only people with a lower role
        [topic] Only the owner and moderators of { $channel } can change the topic
        [settings] Only the owner and moderators of { $channel } can change its settings
        [pin] Only the owner and moderators of { $channel } can pin messages
        [rename] Only the owner of { $channel } can rename it
        [role] Only the owner of { $channel } can set roles
        [delete] Only the owner of { $channel } can delete it
       *[other] Your role in { $channel } does not allow this
    }
error-role-direct = A direct message has no roles
error-role-disabled = { $handle }’s account is disabled
error-role-posts = Posts have no members or roles
error-role-word = “{ $word }” is not a role. Usage: { $usage }
error-search-empty = Enter a word, or from:HANDLE
error-search-long = Too long: a search has at most { $bytes } bytes and { $words } words
error-server-address = “{ $address }” is not a server address. Write https://HOST:PORT or unix:PATH
error-session-ended = Your session has ended. Sign in again.
error-session-expired = Your session has expired. Sign in again.
error-sign-up-closed = Sign-up is closed on this server. Ask its operator.
error-sign-up-code = This invite code is wrong, used up or expired
error-sign-up-code-needed = This server needs an invite code. Ask its operator.
error-signed-out-ssh = { $reason } To sign in with your key, press Ctrl+Q and connect with ssh again.
error-status-rule = A status is one line of at most { $max } bytes
error-still-a-member = You are still a member of { $channel }. /leave leaves it.
error-storage-full = The server’s storage is full. Nothing was saved.
error-text-given-back = { $reason } Your text is back in { $channel }.
error-text-in-history = { $reason } Ctrl+Up brings your text back.
error-text-in-history-of = { $reason } Ctrl+Up in { $channel } brings your text back.
error-theme-rule = A theme name has 1 to { $max } of a-z 0-9 -
error-timed-out = You are timed out in { $channel }. Try again later.
error-too-long = Too long: { $bytes } bytes, the limit is { $max }
error-topic-rule = A topic is one line of at most { $max } bytes
error-unknown-command = Unknown command { $command }. F1 lists commands; // sends a line that begins with /.
error-unknown-command-near = Unknown command { $command }. Did you mean { $near }? // sends a line that begins with /.
error-unreachable = Can’t reach { $server }: { $reason }
error-usage = Usage: { $usage }
error-usage-profile = Usage: { $usage }. F4 shows what is set.
error-visibility-direct = A direct message is neither public nor private
error-visibility-owner = Only the owner of { $channel } can make it public or private
error-visibility-word = “{ $word }” is neither public nor private. Usage: { $usage }
error-written-long-ago = Written over a month ago. Check whether it was sent before you resend it.
error-wrong-password = Wrong password for { $handle }
error-yourself = You can’t do this to yourself
