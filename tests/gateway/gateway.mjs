// A real Wechaty gateway whose WeChat is a mock. Its world comes as JSON in GATEWAY_WORLD; orders come as JSON lines on stdin,
// and what happens (ready, sent, done) goes out as JSON lines on stdout.
import readline from 'node:readline'
import * as PUPPET from 'wechaty-puppet'
import { PuppetMock } from 'wechaty-puppet-mock'
import { PuppetServer } from 'wechaty-puppet-service'

const { port, token, tls, world } = JSON.parse(process.env.GATEWAY_WORLD)
const tell = (what) => process.stdout.write(JSON.stringify(what) + '\n')
const faults = [] // for the next sends: { text } throws, { silent: true } sends without ever answering, { echo: false } without echo
let serial = 0
const runId = Date.now().toString(36)
const newId = () => `m-${runId}-${++serial}`

class PuppetWechat extends PuppetMock {
  async messageSendText (conversationId, text, mentionIdList = []) {
    if (!this.isLoggedIn) throw new Error('not logged in')
    const fault = faults.shift()
    if (fault?.text) throw new Error(fault.text)
    const place = this.mocker.cacheRoomPayload.has(conversationId) ? { roomId: conversationId } : { listenerId: conversationId }
    this.contactOrRoom(conversationId)
    const id = newId()
    this.mocker.cacheMessagePayload.set(id, {
      id, text, mentionIdList, ...place, talkerId: this.currentUserId, timestamp: Date.now(), type: PUPPET.types.Message.Text,
    })
    tell({ sent: { id, to: conversationId, text, mentions: mentionIdList } })
    if (fault?.echo !== false) this.emit('message', { messageId: id })
    if (fault?.silent) await new Promise(() => {})
    return id
  }

  contactOrRoom (id) {
    if (!this.mocker.cacheRoomPayload.has(id)) this.mocker.contactPayload(id)
  }

  async contactAlias (contactId) { return this.mocker.contactPayload(contactId).alias ?? '' }

  async roomMemberRawPayload (roomId, contactId) {
    const { name, avatar } = this.mocker.contactPayload(contactId)
    const roomAlias = world.rooms.find(room => room.id === roomId)?.aliases?.[contactId] ?? ''
    return { id: contactId, name, avatar: avatar ?? '', roomAlias }
  }

  async friendshipRawPayload (id) {
    return { id, contactId: id.replace('friendship-', ''), hello: '你好', timestamp: Date.now(), type: PUPPET.types.Friendship.Receive, ticket: 't' }
  }

  async friendshipAccept (id) { tell({ accepted: id }) }

  async roomInvitationRawPayload (id) {
    const [topic, inviterId] = id.split('|')
    return { id, topic, inviterId, memberCount: 3, memberIdList: [], timestamp: Date.now(), avatar: '', invitation: '', receiverId: world.self }
  }

  async roomInvitationAccept (id) { tell({ accepted: id }) }
}

const puppet = new PuppetWechat()
const { mocker } = puppet
for (const contact of world.contacts) mocker.createContact({ alias: '', avatar: '', phone: [], ...contact })
for (const { aliases, ...room } of world.rooms) mocker.createRoom({ adminIdList: [], avatar: '', ...room })

const login = () => { if (!puppet.isLoggedIn) mocker.login(mocker.ContactMock.load(world.self)) }

const say = ({ talker, room, to, text, mentions, type, id, filename }) => {
  const payload = {
    id: id ?? newId(), talkerId: talker, text, filename, type: type ?? PUPPET.types.Message.Text, timestamp: Date.now(),
    ...(room ? { roomId: room, mentionIdList: mentions ?? [] } : { listenerId: to ?? world.self }),
  }
  mocker.cacheMessagePayload.set(payload.id, payload)
  puppet.emit('message', { messageId: payload.id })
  return payload.id
}

const orders = {
  say,
  again: ({ id }) => puppet.emit('message', { messageId: id }),
  burst: ({ count, rooms, talkers, texts, name = 'burst' }) => {
    for (let turn = 0; turn < count; turn++) {
      const text = (texts ? texts[turn % texts.length] : '第{}条').replace('{}', turn)
      say({ id: `${name}-${turn}`, room: rooms?.[turn % rooms.length], talker: talkers[turn % talkers.length], text })
    }
  },
  fault: ({ list }) => faults.push(...list),
  rename: ({ room, topic, by }) => mocker.RoomMock.load(room).topic(topic).by(mocker.ContactMock.load(by)),
  join: ({ room, who, by }) => mocker.RoomMock.load(room).add(mocker.ContactMock.load(who)).by(mocker.ContactMock.load(by)),
  leave: ({ room, who, by }) => mocker.RoomMock.load(room).remove(mocker.ContactMock.load(who)).by(mocker.ContactMock.load(by)),
  emit: ({ event, payload }) => puppet.emit(event, payload),
  logout: () => puppet.logout('test'),
  login,
  listening: () => puppet.listenerCount('message') > quietListeners,
  ping: () => {},
}

const server = new PuppetServer({
  endpoint: `127.0.0.1:${port}`, puppet, token, ...(tls ? {} : { tls: { disable: true } }),
})
puppet.on('error', () => {})
puppet.on('start', () => setImmediate(login))
await server.start()
await puppet.start()
login()
const quietListeners = puppet.listenerCount('message')
tell({ ready: port })

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const { do: order, ...details } = JSON.parse(line)
  Promise.resolve().then(() => orders[order](details)).then(
    result => tell({ done: order, result: result ?? null }),
    fault => tell({ done: order, fault: String(fault) }),
  )
}).on('close', () => process.exit(0))
