//! The orders that wait for the connection: gives them without waiting, and starts it anew when it takes none.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::{Order, keep_connected};
use crate::msg::Msg;
use crate::session::Server;

/// Orders that may wait: twice one message for each of the channels that a `hello` names.
const ORDERS_MAX: usize = 2 * proto::bounds::HELLO_CHANNELS_MAX;

/// The program's end of the connection.
pub struct OrderQueue {
    orders: mpsc::Sender<Order>,
    task: JoinHandle<()>,
    messages: mpsc::Sender<Msg>,
    /// How many connections there were; a new task goes on counting.
    connections: Arc<AtomicU64>,
    /// Where to, as last ordered.
    server: Option<Server>,
}

impl OrderQueue {
    /// Starts the connection's task inside the async runtime; it connects when that is ordered.
    pub fn start(messages: mpsc::Sender<Msg>) -> Self {
        let connections = Arc::default();
        let (orders, task) = start_task(&messages, &connections, None);
        Self { orders, task, messages, connections, server: None }
    }

    /// Gives an order. When too many wait already the connection is given up: what waited is dropped, the program is
    /// told that the connection is lost, and another one is opened.
    pub fn give(&mut self, order: Order) {
        match &order {
            Order::Connect(server) => self.server = Some(server.clone()),
            Order::Disconnect => self.server = None,
            Order::Send(..) => {}
        }
        // The task ends only with us, so what is not taken did not fit.
        if self.orders.try_send(order).is_err() {
            self.task.abort();
            let lost = "too much waits to be sent".to_owned();
            (self.orders, self.task) = start_task(&self.messages, &self.connections, Some(lost));
            if let Some(server) = self.server.clone() {
                self.orders.try_send(Order::Connect(server)).expect("a new queue has room");
            }
        }
    }
}

fn start_task(
    messages: &mpsc::Sender<Msg>,
    connections: &Arc<AtomicU64>,
    lost: Option<String>,
) -> (mpsc::Sender<Order>, JoinHandle<()>) {
    let (orders, ordered) = mpsc::channel(ORDERS_MAX);
    let task = tokio::spawn(keep_connected(ordered, messages.clone(), connections.clone(), lost));
    (orders, task)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_queue_that_is_full_is_a_lost_connection() {
        let (messages, mut heard) = mpsc::channel(1);
        messages.send(Msg::Wake).await.unwrap();
        let mut queue = OrderQueue::start(messages);
        for _ in 0..=ORDERS_MAX {
            queue.give(Order::Send(1, "{}".to_owned()));
        }
        assert_eq!(queue.orders.capacity(), ORDERS_MAX, "what waited is dropped");
        assert!(matches!(heard.recv().await, Some(Msg::Wake)));
        match heard.recv().await {
            Some(Msg::ConnectionDown { reason, .. }) => assert_eq!(reason, "too much waits to be sent"),
            other => panic!("the program is not told: {other:?}"),
        }
    }

    #[tokio::test]
    async fn the_next_task_connects_to_the_same_server() {
        let (messages, _heard) = mpsc::channel(1);
        messages.send(Msg::Wake).await.unwrap();
        let mut queue = OrderQueue::start(messages);
        queue.give(Order::Connect("http://127.0.0.1:1".parse().unwrap()));
        for _ in 0..ORDERS_MAX {
            queue.give(Order::Send(1, "{}".to_owned()));
        }
        assert_eq!(queue.orders.capacity(), ORDERS_MAX - 1, "the order to connect");
        queue.give(Order::Disconnect);
        for _ in 0..ORDERS_MAX - 1 {
            queue.give(Order::Send(1, "{}".to_owned()));
        }
        assert_eq!(queue.orders.capacity(), ORDERS_MAX, "nobody wants a connection any more");
    }
}
