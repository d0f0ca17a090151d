//! What comes in on a connection: from the socket's read to the handler of each packet.
//!
//! Packets are handed over in their order. Messages do not wait until those before them are on the disk.

use futures_util::StreamExt;
use proto::codec::{ReceivedRequest, decode_requests};
use proto::{ClientPacket, CloseCode, ErrorCode, ErrorReply, Ref};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error as WebSocketError, Message as Frame};

use super::{ANSWERS_MAX, Session, WaitingAnswer};
use crate::conn::end::End;
use crate::conn::wire::Wire;
use crate::dispatch::dispatch;
use crate::frame::json_bytes;

/// Bytes of the head of a masked frame of control.
const CONTROL_HEAD_BYTES: u64 = 6;
/// Bytes of an event without the content of its message, about.
const EVENT_BYTES: usize = 400;

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Waits for the next frame of the peer. Dropping the wait loses nothing.
    pub(in crate::conn) async fn next(&mut self) -> Option<Result<Frame, WebSocketError>> {
        let frame = self.socket.next().await;
        match &frame {
            Some(Ok(Frame::Text(_) | Frame::Binary(_))) => self.socket.get_mut().message_ended(),
            // Frames between messages are no part of one.
            Some(Ok(Frame::Ping(payload) | Frame::Pong(payload))) => {
                self.socket.get_mut().not_of_a_message(payload.len() as u64 + CONTROL_HEAD_BYTES);
            }
            _ => {}
        }
        frame
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Session<'_, S> {
    /// Takes in what the socket gave: a frame of packets, a sign of life, or the end.
    pub(super) async fn read(&mut self, frame: Option<Result<Frame, WebSocketError>>) -> Result<(), End> {
        self.heard = Instant::now();
        self.news_in_a_row = 0;
        match frame {
            None => Err(End::Gone),
            Some(frame) => match frame? {
                Frame::Text(text) => match decode_requests(&text) {
                    Ok(requests) => self.handle_all(requests).await,
                    Err(refusal) => self.refuse(None, &refusal).await,
                },
                Frame::Binary(_) => {
                    let reason = "packets are text frames";
                    self.refuse(None, &ErrorReply::new(ErrorCode::Malformed, reason)).await
                }
                Frame::Ping(_) => {
                    self.abuse_budget.charge(self.heard)?;
                    self.wire.flush().await
                }
                Frame::Pong(_) | Frame::Frame(_) => self.abuse_budget.charge(self.heard),
                // The library answers it as we read on.
                Frame::Close(_) => {
                    let _ = self.wire.flush().await;
                    Err(End::Gone)
                }
            },
        }
    }

    /// Hands the packets of a frame over, one after the other.
    pub(super) async fn handle_all(&mut self, requests: Vec<ReceivedRequest>) -> Result<(), End> {
        self.daemon.counters.packets.add(requests.len() as u64);
        for request in requests {
            match request.packet {
                Ok(packet) => self.handle(request.reference, packet).await?,
                Err(refusal) => {
                    self.await_answers(0).await?;
                    self.require_signed_in()?;
                    self.refuse(request.reference, &refusal).await?;
                }
            }
        }
        Ok(())
    }

    /// Hands a packet to its handler when its turn has come.
    async fn handle(&mut self, reference: Option<Ref>, packet: ClientPacket) -> Result<(), End> {
        let room = self.outbox.bytes_max() / 2;
        let turn = Turn::of(&packet);
        let fits = self.outstanding_bytes + turn.bytes <= room;
        let outstanding_max = if turn.may_overtake_the_disk && fits { ANSWERS_MAX - 1 } else { 0 };
        self.await_answers(outstanding_max).await?;
        self.require_signed_in()?;
        self.outstanding_bytes += turn.bytes;
        let outcome = dispatch(self.daemon, &self.who, &self.outbox, packet).await;
        self.answers.push_back(WaitingAnswer { reference, outcome });
        Ok(())
    }

    /// A session that ends while a frame of many packets is worked on does nothing more.
    fn require_signed_in(&self) -> Result<(), End> {
        if let Some(reason) = self.outbox.closing() {
            return Err(reason.into());
        }
        if self.daemon.clock.now() >= self.expires {
            return Err(End::Close(CloseCode::TokenRefused, "the token has expired"));
        }
        Ok(())
    }
}

/// What decides when a packet of a connection is handed over.
struct Turn {
    /// Whether it may be handed over while earlier ones still wait for the disk. Messages may: the store keeps their
    /// order. Others may depend on earlier ones, so they wait.
    may_overtake_the_disk: bool,
    /// Bytes that it will bring to its sender's own outbox.
    bytes: usize,
}

impl Turn {
    fn of(packet: &ClientPacket) -> Self {
        match packet {
            ClientPacket::SendMessage(send) => {
                let bytes = json_bytes(send.message.content.as_str()) + EVENT_BYTES;
                Self { may_overtake_the_disk: true, bytes }
            }
            // It is not stored.
            ClientPacket::Typing(_) => Self { may_overtake_the_disk: true, bytes: EVENT_BYTES },
            ClientPacket::Hello(_)
            | ClientPacket::RenewToken(_)
            | ClientPacket::CreateChannel(_)
            | ClientPacket::JoinChannel(_)
            | ClientPacket::LeaveChannel(_)
            | ClientPacket::Invite(_)
            | ClientPacket::CreateInvite(_)
            | ClientPacket::CreateLink(_)
            | ClientPacket::Upload(_)
            | ClientPacket::ListInvites(_)
            | ClientPacket::RevokeInvite(_)
            | ClientPacket::DeleteChannel(_)
            | ClientPacket::Kick(_)
            | ClientPacket::Ban(_)
            | ClientPacket::ListBans(_)
            | ClientPacket::Mute(_)
            | ClientPacket::ChangeSettings(_)
            | ClientPacket::SetRole(_)
            | ClientPacket::ListMembers(_)
            | ClientPacket::SetTopic(_)
            | ClientPacket::OpenDm(_)
            | ClientPacket::OpenWall(_)
            | ClientPacket::WatchFeed(_)
            | ClientPacket::EditMessage(_)
            | ClientPacket::DeleteMessage(_)
            | ClientPacket::React(_)
            | ClientPacket::RemoveReactions(_)
            | ClientPacket::Pin(_)
            | ClientPacket::MarkRead(_)
            | ClientPacket::MarkUnread(_)
            | ClientPacket::Notify(_)
            | ClientPacket::KeepDraft(_)
            | ClientPacket::ClearCatchUp(_)
            | ClientPacket::RestoreCatchUp(_)
            | ClientPacket::SetPresence(_)
            | ClientPacket::EndSession(_)
            | ClientPacket::SetSettings(_)
            | ClientPacket::SetProfile(_)
            | ClientPacket::AskFriend(_)
            | ClientPacket::RemoveFriend(_)
            | ClientPacket::Block(_) => Self { may_overtake_the_disk: false, bytes: EVENT_BYTES },
        }
    }
}
