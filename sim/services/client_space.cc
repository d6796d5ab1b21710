// Room: when the quota is reached, some client takes away what it may, and ends the alarm.
#include <utility>

#include "absl/strings/str_cat.h"
#include "sim/services/clients.h"

namespace lockstep::sim {

using etcdserverpb::AlarmRequest;
using etcdserverpb::AlarmResponse;
using kvsm::CommandKind;

// As etcd's operators are told to: delete, compact, defragment, disarm. What fails is done again by whoever is refused
// next.
void ServiceClients::MakeRoom(uint32_t number) {
  wants_room_ = false;
  Open(number, OperationKind::kWrite, "make room");
  clients_[number].makes_room = true;
  const uint32_t server = ChooseServer();
  etcdserverpb::DeleteRangeRequest plain, mixed;
  plain.set_key("p");
  plain.set_range_end("q");
  mixed.set_key("x");
  mixed.set_range_end("y");
  SendDelete(number, server, plain, [=, this](const Told& told) {
    if (told.end != End::kOk) return Close(number, told, server);
    SendDelete(number, server, mixed, [=, this](const Told& also_told) {
      if (also_told.end != End::kOk) return Close(number, also_told, server);
      CompactAll(number, server);
    });
  });
}

void ServiceClients::CompactAll(uint32_t number, uint32_t server) {
  etcdserverpb::CompactionRequest request;
  request.set_revision(clients_[number].revision);
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.KV/Compact", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end == End::kOk) {
      judge_.Wrote(asked, CommandKind::kCompact, ReadMessage<etcdserverpb::CompactionResponse>(told.response));
    } else {
      NotWritten(number, asked, CommandKind::kCompact, told, false);
    }
    // Someone may have compacted it already.
    if (told.end != End::kOk && told.end != End::kError) return Close(number, told, server);
    Call(number, server, "/etcdserverpb.Maintenance/Defragment", "", Patience(),
         [=, this](const Told&) { EndAlarms(number, server); });
  });
}

void ServiceClients::EndAlarms(uint32_t number, uint32_t server) {
  AlarmRequest request;
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.Maintenance/Alarm", asked.request, Patience(), [=, this](const Told& told) {
    if (told.end != End::kOk) {
      NotWritten(number, asked, CommandKind::kAlarm, told, false);
      return Close(number, told, server);
    }
    const auto response = ReadMessage<AlarmResponse>(told.response);
    judge_.Wrote(asked, CommandKind::kAlarm, response);
    EndAlarm(number, server, {response.alarms().begin(), response.alarms().end()});
  });
}

void ServiceClients::EndAlarm(uint32_t number, uint32_t server, std::deque<etcdserverpb::AlarmMember> alarms) {
  if (alarms.empty()) {
    room_made_ = true;
    return Close(number, Answer::kOk, server);
  }
  AlarmRequest request;
  request.set_action(AlarmRequest::DEACTIVATE);
  request.set_memberid(alarms.front().memberid());
  request.set_alarm(alarms.front().alarm());
  alarms.pop_front();
  const Asked asked = judge_.Ask(server, Marked(request), true);
  Call(number, server, "/etcdserverpb.Maintenance/Alarm", asked.request, Patience(),
       [=, this, alarms = std::move(alarms)](const Told& told) {
         if (told.end != End::kOk) {
           NotWritten(number, asked, CommandKind::kAlarm, told, false);
           return Close(number, told, server);
         }
         const auto response = ReadMessage<AlarmResponse>(told.response);
         judge_.Wrote(asked, CommandKind::kAlarm, response);
         if (response.alarms_size() > 0) judge_.Reached(ServiceGoal::kAlarmEnded);
         EndAlarm(number, server, alarms);
       });
}

}  // namespace lockstep::sim
