# SPDX-License-Identifier: Apache-2.0
"""RabbitMQ for replay.py: AMQP clients by pika against one node with a port mapper of its own. What a vector declared is deleted
after it. Vectors that stop nodes, or that configure the server, are skipped: they need a cluster."""
import datetime
import socket
import time

try:
    import pika
except ImportError:
    pika = None

NAME = "rabbitmq"
PACKAGE = "rabbitmq-server"
PROGRAM = "rabbitmq-server" if pika else "rabbitmq-server with python3-pika"
FOLDERS = ("rabbitmq/recorded",)
PATIENCE = 90

SCRIPT = """
epmd -address 127.0.0.1 -port $ERL_EPMD_PORT & mapper=$!
/usr/lib/rabbitmq/bin/rabbitmq-server & server=$!
trap 'kill $server; wait $server; kill $mapper' TERM
wait $server
"""


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def start(folder, port):
    settings = {
        "HOME": folder, "ERL_EPMD_PORT": free_port(), "ERL_EPMD_ADDRESS": "127.0.0.1", "RABBITMQ_NODENAME": "conform@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": port, "RABBITMQ_DIST_PORT": free_port(),
        "RABBITMQ_MNESIA_BASE": folder + "/data", "RABBITMQ_LOG_BASE": folder + "/log", "RABBITMQ_CONFIG_FILE": folder + "/none",
        "RABBITMQ_ENABLED_PLUGINS_FILE": folder + "/plugins", "RABBITMQ_PID_FILE": folder + "/pid",
    }
    return ["env"] + [f"{k}={v}" for k, v in settings.items()] + ["sh", "-c", SCRIPT]


def plain(value):
    """Headers as JSON has them; times become texts, which masks match."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    return str(value) if isinstance(value, datetime.datetime) else value


def content(method, properties, body):
    out = {"exchange": method.exchange, "routing_key": method.routing_key, "body": body.decode()}
    for key in ("delivery_mode", "priority", "message_id", "correlation_id", "expiration", "content_type", "type"):
        if getattr(properties, key) is not None:
            out[key] = getattr(properties, key)
    if properties.headers:
        out["headers"] = plain(properties.headers)
    return out


def cut(connection):
    """The socket closes, without a handshake."""
    try:
        connection._impl._transport._sock.shutdown(socket.SHUT_RDWR)
    except (OSError, AttributeError):
        pass  # it is closed already


class Session:
    def __init__(self, port):
        self.port = port
        self.connections, self.channels, self.confirms, self.seen = {}, {}, {}, []
        self.declared, self.closed = {"queue": [], "exchange": []}, set()
        self.ops = {
            "connect": self.connect, "channel.open": self.open, "exchange.declare": self.topology, "queue.declare": self.topology,
            "queue.bind": self.topology, "queue.delete": self.topology, "publish": self.publish, "qos": self.channel_op,
            "consume": self.consume, "cancel": self.channel_op, "get": self.get, "ack": self.channel_op, "nack": self.channel_op,
            "reject": self.channel_op, "recover": self.channel_op, "tx.select": self.channel_op, "tx.commit": self.channel_op,
            "tx.rollback": self.channel_op, "channel.close": self.channel_op, "connection.close": self.hang_up,
            "connection.kill": self.hang_up, "queue.counts": self.counts, "wait": lambda step: self.settle(step["ms"] / 1000),
        }

    def fresh(self):
        return pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", self.port, heartbeat=0))

    def play(self, step):
        try:
            self.ops[step["op"]](step)
        except pika.exceptions.ChannelClosedByBroker:
            pass  # told below, as for errors that come later
        except pika.exceptions.ConnectionClosedByBroker as error:  # vectors know errors of channels only
            self.seen.append({"chan": step["chan"], "ev": "channel_closed", "reply_code": error.reply_code, "reply_text": error.reply_text})
        if step["op"] not in ("wait", "connect", "channel.open"):
            waits = 0.6 if step["op"] == "connection.kill" else 0.12
            if step["op"] != "publish" or step["chan"] in self.confirms:
                self.settle(waits)
        if step["op"] == "publish" and step["chan"] not in self.confirms:
            time.sleep(0.03)
            return []  # what it does elsewhere is read by the next step
        for name, channel in self.channels.items():
            reason = getattr(channel, "_closing_reason", None)
            if name not in self.closed and isinstance(reason, pika.exceptions.ChannelClosedByBroker):
                self.closed.add(name)
                self.seen.append({"chan": name, "ev": "channel_closed", "reply_code": reason.reply_code, "reply_text": reason.reply_text})
        seen, self.seen = self.seen, []
        return seen

    def settle(self, seconds):
        until = time.monotonic() + seconds
        while True:
            for connection in self.connections.values():
                if connection.is_open:
                    connection.process_data_events(time_limit=0)
            if time.monotonic() >= until:
                return
            time.sleep(0.005)

    def connect(self, step):
        self.connections[step["conn"]] = self.fresh()

    def open(self, step):
        name = step["chan"]
        channel = self.connections[step["conn"]].channel()
        self.channels[name] = channel
        channel.add_on_cancel_callback(lambda f: self.seen.append({"chan": name, "ev": "consumer_cancelled", "consumer": f.method.consumer_tag}))
        if step.get("confirm_select"):
            channel.confirm_delivery()
            self.confirms[name] = 0

    def topology(self, step):
        via = self.channels.get(step.get("chan"))
        own = None
        if via is None:
            own = self.fresh() if step.get("via") not in self.connections else None
            via = (own or self.connections[step["via"]]).channel()
        op, arguments = step["op"], step.get("arguments")
        if op == "exchange.declare":
            via.exchange_declare(step["exchange"], step["type"], durable=step.get("durable", True), arguments=arguments)
            self.declared["exchange"].append(step["exchange"])
        elif op == "queue.declare":
            via.queue_declare(step["queue"], passive=step.get("passive", False), durable=step.get("durable", False),
                              exclusive=step.get("exclusive", False), auto_delete=step.get("auto_delete", False), arguments=arguments)
            self.declared["queue"].append(step["queue"])
        elif op == "queue.bind":
            via.queue_bind(step["queue"], step["exchange"], step["routing_key"], arguments)
        else:
            via.queue_delete(step["queue"])
        if own:
            own.close()

    def publish(self, step):
        name = step["chan"]
        properties = pika.BasicProperties(**step.get("properties", {}))
        if name in self.confirms:
            self.confirms[name] += 1
        answer = "confirm_ack"
        try:
            self.channels[name].basic_publish(step["exchange"], step["routing_key"], step["body"].encode(), properties, mandatory=step.get("mandatory", False))
        except pika.exceptions.NackError:
            answer = "confirm_nack"
        except pika.exceptions.UnroutableError as unroutable:
            for one in unroutable.messages:
                self.seen.append({"chan": name, "ev": "return", "reply_code": one.method.reply_code, "reply_text": one.method.reply_text,
                                  **content(one.method, one.properties, one.body)})
        if name in self.confirms:
            self.seen.append({"chan": name, "ev": answer, "tag": self.confirms[name]})

    def consume(self, step):
        name = step["chan"]

        def delivered(_, method, properties, body):
            self.seen.append({"chan": name, "ev": "deliver", "consumer": method.consumer_tag, "delivery_tag": method.delivery_tag,
                              "redelivered": method.redelivered, **content(method, properties, body)})

        self.channels[name].basic_consume(step["queue"], delivered, auto_ack=step.get("no_ack", False), exclusive=step.get("exclusive", False),
                                          consumer_tag=step["consumer"], arguments=step.get("arguments"))

    def get(self, step):
        method, properties, body = self.channels[step["chan"]].basic_get(step["queue"], auto_ack=step.get("no_ack", False))
        if method is None:
            self.seen.append({"chan": step["chan"], "ev": "get_empty"})
            return
        self.seen.append({"chan": step["chan"], "ev": "get_ok", "delivery_tag": method.delivery_tag, "redelivered": method.redelivered,
                          "messages_left": method.message_count, **content(method, properties, body)})

    def channel_op(self, step):
        channel, op = self.channels[step["chan"]], step["op"]
        tag, multiple, requeue = step.get("delivery_tag"), step.get("multiple", False), step.get("requeue", True)
        if op == "qos":
            channel.basic_qos(prefetch_count=step["prefetch_count"], global_qos=step.get("global", False))
        elif op == "cancel":
            # Below the blocking channel, which would give back what it has buffered.
            channel._impl.basic_cancel(step["consumer"])
        elif op == "ack":
            channel.basic_ack(tag, multiple)
        elif op == "nack":
            channel.basic_nack(tag, multiple, requeue)
        elif op == "reject":
            channel.basic_reject(tag, requeue)
        elif op == "recover":
            channel.basic_recover(requeue)
        elif op == "channel.close":
            channel._impl.close()
        else:
            {"tx.select": channel.tx_select, "tx.commit": channel.tx_commit, "tx.rollback": channel.tx_rollback}[op]()

    def hang_up(self, step):
        connection = self.connections.pop(step["conn"])
        if step["op"] == "connection.close":
            connection.close()
        else:
            cut(connection)

    def counts(self, step):
        out = {}
        for queue in step["queues"]:
            connection = self.fresh()
            try:
                found = connection.channel().queue_declare(queue, passive=True).method
                out[queue] = {"ready": found.message_count, "consumers": found.consumer_count}
            except pika.exceptions.ChannelClosedByBroker as error:
                out[queue] = {"error": error.reply_code, "text": error.reply_text}
            connection.close()
        self.seen.append({"counts": out})

    def close(self):
        for connection in self.connections.values():
            cut(connection)
        time.sleep(0.1)
        connection = self.fresh()
        for queue in self.declared["queue"]:
            connection.channel().queue_delete(queue)
        for exchange in self.declared["exchange"]:
            connection.channel().exchange_delete(exchange)
        connection.close()
