// A key-value store inside this program, with no network around it: etcd's data model, on the disk, in one process.
//
//   keys FOLDER     then lines: "put KEY VALUE", "get KEY", "del KEY"
#include <iostream>
#include <sstream>
#include <string>

#include "kvsm/api/kv.pb.h"
#include "kvsm/command.h"
#include "runtime/node/node_thread.h"
#include "runtime/service/kv_machine.h"

namespace runtime = lockstep::runtime;
namespace kvsm = lockstep::kvsm;

constexpr int64_t kPatienceMicros = 5'000'000;

int main(int argc, char** argv) {
  if (argc != 2) return std::cerr << "usage: keys FOLDER\n", 2;
  runtime::NodeOptions options;
  options.cluster = 0x6b657973;
  options.id = {1, 0};
  options.directory = argv[1];
  options.founding.emplace().voters.insert(options.id);
  runtime::KvMachine machine;
  const auto node = runtime::NodeThread::Start(options, machine, nullptr);
  if (!node.ok()) return std::cerr << node.status() << "\n", 1;
  for (std::string line, word, key, value; std::getline(std::cin, line);) {
    std::istringstream words(line);
    words >> word >> key >> value;
    runtime::Answer answer;
    if (word == "put") {
      etcdserverpb::PutRequest put;
      put.set_key(key);
      put.set_value(value);
      answer = (*node)->Propose(EncodeCommand(kvsm::CommandKind::kPut, 0, put.SerializeAsString()), kPatienceMicros);
    } else if (word == "del") {
      etcdserverpb::DeleteRangeRequest deletion;
      deletion.set_key(key);
      const std::string command = EncodeCommand(kvsm::CommandKind::kDeleteRange, 0, deletion.SerializeAsString());
      answer = (*node)->Propose(command, kPatienceMicros);
    } else {
      etcdserverpb::RangeRequest range;
      range.set_key(key);
      answer = (*node)->Read(range.SerializeAsString(), runtime::ReadLevel::kLinearizable, kPatienceMicros);
    }
    const auto reply = kvsm::DecodeReply(answer.reply);
    if (!answer.status.ok() || !reply.has_value()) {
      std::cout << answer.status << std::endl;  // For a moment after the start nobody leads.
      continue;
    }
    std::cout << "revision " << reply->revision << " " << kvsm::InfoOf(reply->error).text;
    etcdserverpb::RangeResponse found;
    if (word == "get" && found.ParseFromString(std::string(reply->body))) {
      for (const auto& pair : found.kvs()) std::cout << pair.value() << " (of revision " << pair.mod_revision() << ")";
    }
    std::cout << std::endl;
  }
}
