# SPDX-License-Identifier: Apache-2.0
"""NATS for replay.py: the text protocol with headers, JetStream's API as requests. The streams of a vector are deleted after
it. What is asked for an answer and what is not follows the recordings: +ACK and +TERM are requests, the other bodies are not."""
import itertools
import json
import queue
import socket
import threading
import time

NAME = "nats-jetstream"
PACKAGE = "nats-server"
PROGRAM = "nats-server"
FOLDERS = ("nats/recorded", "nats/own")
API = "$JS.API."
inboxes = itertools.count()


def start(folder, port):
    return [PROGRAM, "-js", "-sd", folder, "-a", "127.0.0.1", "-p", str(port)]


class Message:
    def __init__(self, subject, reply, status, data):
        self.subject, self.reply, self.status, self.data = subject, reply, status, data

    def json(self):
        return json.loads(self.data)

    def delivery(self):
        words = self.reply.split(".")
        return {"delivered": int(words[4]), "stream_seq": int(words[5]), "consumer_seq": int(words[6]), "pending": int(words[8])}


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 20)
        self.socket.settimeout(None)
        self.file = self.socket.makefile("rb")
        self.lock = threading.Lock()
        self.queues = {}
        self.numbers = itertools.count(1)
        self.subscriptions = []
        self.replies = {}  # where to settle, by stream sequence
        self.file.readline()
        self.write(b'CONNECT {"verbose":false,"headers":true,"no_responders":true}\r\n')
        threading.Thread(target=self.listen, daemon=True).start()

    def write(self, data):
        with self.lock:
            self.socket.sendall(data)

    def listen(self):
        try:
            while line := self.file.readline():
                words = line.split()
                if words[0] == b"PING":
                    self.write(b"PONG\r\n")
                elif words[0] in (b"MSG", b"HMSG"):
                    headers = int(words[-2]) if words[0] == b"HMSG" else 0
                    data = self.file.read(int(words[-1]) + 2)[:-2]
                    fixed = 5 if headers else 4
                    reply = words[3].decode() if len(words) > fixed else None
                    status = data[:headers].decode().split("\r\n")[0][8:].strip()
                    self.queues[int(words[2])].put(Message(words[1].decode(), reply, status, data[headers:].decode()))
        except (OSError, ValueError):
            pass

    def subscribe(self, subject, group=None):
        number = next(self.numbers)
        self.queues[number] = queue.Queue()
        self.write(f"SUB {subject} {group + ' ' if group else ''}{number}\r\n".encode())
        return number, self.queues[number]

    def publish(self, subject, data=b"", reply="", headers=None):
        if headers:
            head = ("NATS/1.0\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode()
            self.write(f"HPUB {subject} {reply} {len(head)} {len(head) + len(data)}\r\n".encode() + head + data + b"\r\n")
        else:
            self.write(f"PUB {subject} {reply} {len(data)}\r\n".encode() + data + b"\r\n")

    def request(self, subject, data=b"", headers=None, seconds=2.0):
        inbox = f"_INBOX.{next(inboxes)}"
        number, answers = self.subscribe(inbox)
        self.publish(subject, data, inbox, headers)
        try:
            return answers.get(timeout=seconds)
        except queue.Empty:
            return None
        finally:
            self.write(f"UNSUB {number}\r\n".encode())

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()


class Session:
    def __init__(self, port):
        self.port = port
        self.connections = {}
        self.streams = []
        self.ops = {"stream.create": self.create_stream, "stream.purge": self.purge, "stream.delete": self.delete_stream,
                    "consumer.create": self.create_consumer, "consumer.delete": self.delete_consumer, "msg.delete": self.delete_message,
                    "publish": self.publish, "fetch": self.fetch, "ack": self.ack, "subscribe": self.subscribe, "collect": self.collect,
                    "info": self.info, "connection.kill": self.kill, "wait": self.wait}

    def connection(self, name):
        if name not in self.connections:
            self.connections[name] = Connection(self.port)
        return self.connections[name]

    def play(self, step):
        out = self.ops[step["op"]](step)
        time.sleep(0.06)
        return out

    def api(self, subject, body=None):
        return self.connection("main").request(API + subject, json.dumps(body).encode() if body is not None else b"").json()

    def create_stream(self, step):
        answer = self.api("STREAM.CREATE." + step["config"]["name"], step["config"])
        self.streams.append(step["config"]["name"])
        return [{"error": answer["error"]} if "error" in answer else {"config": answer["config"]}]

    def create_consumer(self, step):
        subject = f"CONSUMER.DURABLE.CREATE.{step['stream']}.{step['config']['durable_name']}"
        answer = self.api(subject, {"stream_name": step["stream"], "config": step["config"]})
        return [{"error": answer["error"]} if "error" in answer else {"created": True, "config": answer["config"]}]

    def purge(self, step):
        return [self.api("STREAM.PURGE." + step["stream"])]

    def delete_stream(self, step):
        return [self.api("STREAM.DELETE." + step["stream"])]

    def delete_consumer(self, step):
        return [self.api(f"CONSUMER.DELETE.{step['stream']}.{step['consumer']}")]

    def delete_message(self, step):
        return [self.api("STREAM.MSG.DELETE." + step["stream"], {"seq": step["seq"]})]

    def publish(self, step):
        answer = self.connection("main").request(step["subject"], step["data"].encode(), step.get("headers"))
        if answer is None or answer.status:
            return [{"puback": None, "status": answer.status if answer else "timeout"}]
        return [{"puback": answer.json()}]

    def handed(self, name, message):
        delivery = message.delivery()
        self.connection(name).replies[delivery["stream_seq"]] = message.reply
        return {"conn": name, "subject": message.subject, "data": message.data, **delivery}

    def fetch(self, step):
        connection = self.connection(step["conn"])
        inbox = f"_INBOX.{next(inboxes)}"
        number, messages = connection.subscribe(inbox)
        request = {"batch": step["batch"]}
        if step.get("expires_ms"):
            request["expires"] = step["expires_ms"] * 1_000_000
        if step.get("no_wait"):
            request["no_wait"] = True
        connection.publish(f"{API}CONSUMER.MSG.NEXT.{step['stream']}.{step['consumer']}", json.dumps(request).encode(), inbox)
        out = []
        until = time.monotonic() + step.get("expires_ms", 300) / 1000 + 0.4
        while len(out) < step["batch"] and (not out or "status" not in out[-1]):
            try:
                message = messages.get(timeout=max(until - time.monotonic(), 0.001))
            except queue.Empty:
                break
            out.append({"conn": step["conn"], "status": message.status} if message.status else self.handed(step["conn"], message))
        connection.write(f"UNSUB {number}\r\n".encode())
        return out

    def ack(self, step):
        connection = self.connection(step["conn"])
        reply, body = connection.replies[step["stream_seq"]], step["body"]
        if body not in ("", "+ACK", "+OK", "+TERM"):
            connection.publish(reply, body.encode())
            return []
        answer = connection.request(reply, body.encode())
        return [{"ack_reply": "timeout" if answer is None else answer.status or "ok"}]

    def subscribe(self, step):
        connection = self.connection(step["conn"])
        connection.subscriptions.append(connection.subscribe(step["subject"], step.get("queue"))[1])
        return []

    def collect(self, step):
        time.sleep(step["ms"] / 1000)
        out = []
        for name in step["conns"]:
            for arrived in self.connection(name).subscriptions:
                while not arrived.empty():
                    message = arrived.get()
                    if message.subject.startswith("$JS.EVENT."):
                        out.append({"conn": name, "subject": message.subject, "advisory": message.json()})
                    else:
                        out.append(self.handed(name, message))
        return out

    def info(self, step):
        consumer = f"CONSUMER.INFO.{step['stream']}.{step['consumer']}" if "consumer" in step else None
        answer = self.api(consumer or "STREAM.INFO." + step["stream"])
        return [{"error": answer["error"]} if "error" in answer else answer if consumer else answer["state"]]

    def kill(self, step):
        self.connections.pop(step["conn"]).close()
        time.sleep(0.1)
        return []

    def wait(self, step):
        time.sleep(step["ms"] / 1000)
        return []

    def close(self):
        for name in self.streams:
            self.api("STREAM.DELETE." + name)
        for connection in self.connections.values():
            connection.close()
