// The clients of a run: what they ask, whom, how patiently, and what they were told.
//
// Each client has one operation open at a time: a read, a write of a value never written before, or a compare-and-set.
// It asks a leader if it knows one (a deposed one as well), tries again elsewhere under the same session number when it
// is refused or waits too long, and gives up after some attempts without knowing what happened. The history of all that
// is judged while it is made (history.h): the run stops at the first answer that nothing explains.
#ifndef LOCKSTEP_SIM_CLIENT_H_
#define LOCKSTEP_SIM_CLIENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/history.h"
#include "sim/links.h"
#include "sim/observer.h"
#include "sim/server.h"
#include "sim/workload.h"
#include "sim/world.h"

namespace lockstep::sim {

class Clients final : public Workload {
 public:
  Clients(World& world, Servers& servers);

  void Begin() override;
  void WriteTo(ServerSet servers) override {
    write_to_ = servers;
    write_to_since_ = world_.now;
  }
  void Stop() override { stopped_ = true; }
  std::string Waits() const override { return open_ == 0 ? "" : "a client still waits"; }

  void Invoke(uint32_t client) override;
  void TakeReply(uint32_t slot) override;
  void TimeOut(uint32_t client, uint64_t attempt) override;
  void ReadNow(uint32_t server) override;

  std::optional<int64_t> first_write_at() const override { return first_write_at_; }
  void Finish() override;
  Verdict verdict() const override { return history_.verdict(); }

 private:
  struct Client {
    uint64_t sequence = 0;
    bool open = false;
    bool maybe = false;    // An attempt may have taken effect.
    bool refused = false;  // The last one was: this is the pause after it.
    uint32_t attempts = 0;
    uint32_t attempt = 0;  // The number of the last one.
    uint32_t server = 0;   // Whom it asked.
    Command operation;
    Payload payload = 0;
    bool lease = false;
    uint64_t session = 0;  // With whole nodes.
    int64_t invoked = 0;
    uint32_t hint = 0;               // Whom it was told to ask.
    std::vector<uint64_t> believed;  // By key: the value it saw last.
  };

  void Draw(Client& client, uint32_t number);
  void Open(uint32_t number, uint32_t server);
  void Try(uint32_t number, uint32_t server);
  uint32_t ChooseServer(const Client& client);
  void TryAgain(uint32_t number);
  // Whether what it asks now is a session.
  bool OpensSession(const Client& client) const {
    return world_.scenario.full_stack && client.payload != 0 && client.session == 0;
  }
  void Complete(uint32_t number, Answer answer, uint64_t result, NodeId node);
  // The run fails as soon as what clients were told cannot have happened.
  void JudgeHistory();
  void Note(uint32_t number, Answer answer, uint64_t result, NodeId node);

  World& world_;
  Servers& servers_;
  std::vector<Client> clients_;
  History history_;
  uint64_t next_value_ = 1;
  uint32_t next_attempt_ = 1;
  uint32_t open_ = 0;
  bool stopped_ = false;
  ServerSet write_to_ = 0;  // 0: no such wish.
  int64_t write_to_since_ = 0;
  std::optional<int64_t> first_write_at_;
};

}  // namespace lockstep::sim

#endif  // LOCKSTEP_SIM_CLIENT_H_
