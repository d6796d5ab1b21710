// Soak writes, reads and watches for a long time while members die, and checks all that it is told: nothing that was
// acknowledged is lost or overwritten by something older, no read is stale, and a watch on each member sees every
// revision, in order, with what was acknowledged at it. One line comes out; the status is 1 if anything was wrong.
//
//	soak -endpoints A,B,C -seconds N [-clients N] [-keys N]
//
// Each client has keys of its own, and one request at a time. A key whose write ended without an answer is not used any
// more: that write may still happen. Everything under the prefix is written here, so that the cluster's revisions are
// all this program's.
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
)

const prefix = "soak/"

var (
	endpoints = flag.String("endpoints", "127.0.0.1:2379", "where the cluster is, by commas")
	seconds   = flag.Float64("seconds", 60, "how long")
	clients   = flag.Int("clients", 48, "how many write and read")
	keys      = flag.Int("keys", 100, "how many each has")
	keep      = flag.Float64("keep", 45, "seconds of the past that are not compacted")
)

var (
	faultsMutex sync.Mutex
	faults      int
)

func fault(format string, arguments ...interface{}) {
	faultsMutex.Lock()
	defer faultsMutex.Unlock()
	faults++
	if faults <= 20 {
		fmt.Fprintf(os.Stderr, "soak: "+format+"\n", arguments...)
	}
}

func limited() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), 10*time.Second)
}

// What one key is known to be.
type known struct {
	name     string
	value    string // "": it is not there.
	unknown  bool   // Its last write ended without an answer; it may be `value` or `attempt`.
	attempt  string
	expires  bool // The attempt may have been a key that goes with its lease.
	revision int64
}

// What was written at a revision: told by the writer and by each watch, in any order.
type ledger struct {
	sync.Mutex
	acknowledged map[int64]string
	watched      []map[int64]string // Of each watch, what no acknowledgement has come for yet.
	matched      []int64
	count        int64
}

func (l *ledger) acknowledge(revision int64, what string) {
	l.Lock()
	defer l.Unlock()
	l.count++
	l.acknowledged[revision] = what
}

// Compares what is settled; at the end everything must be.
func (l *ledger) settle(last bool) {
	l.Lock()
	defer l.Unlock()
	for revision, what := range l.acknowledged {
		seen := 0
		for _, watched := range l.watched {
			if got, ok := watched[revision]; ok {
				seen++
				if got != what {
					fault("revision %d was acknowledged as %s and watched as %s", revision, what, got)
				}
			}
		}
		if seen < len(l.watched) {
			if last {
				fault("revision %d (%s) was acknowledged; %d of %d watches saw it", revision, what, seen, len(l.watched))
			}
			continue
		}
		for i, watched := range l.watched {
			delete(watched, revision)
			l.matched[i]++
		}
		delete(l.acknowledged, revision)
	}
}

// Watches at one member, through its deaths, until `stop` and up to revision `until`.
func watch(number int, endpoint string, l *ledger, begin int64, until func() int64) {
	client := connect([]string{endpoint})
	defer client.Close()
	last := begin - 1
	for until() == 0 || last < until() {
		ctx, stop := context.WithTimeout(clientv3.WithRequireLeader(context.Background()), 20*time.Second)
		for response := range client.Watch(ctx, prefix, clientv3.WithPrefix(), clientv3.WithRev(last+1)) {
			if response.CompactRevision != 0 {
				fault("watch %d: revision %d is compacted (%d)", number, last+1, response.CompactRevision)
				last = response.CompactRevision - 1
			}
			for _, event := range response.Events {
				revision := event.Kv.ModRevision
				if revision != last && revision != last+1 {
					fault("watch %d: after revision %d came %d", number, last, revision)
				}
				last = revision
				what := string(event.Kv.Key) + "=" + string(event.Kv.Value)
				if event.Type == clientv3.EventTypeDelete {
					what = string(event.Kv.Key) + " deleted"
				}
				l.Lock()
				if _, twice := l.watched[number][revision]; twice {
					fault("watch %d: revision %d came twice", number, revision)
				}
				l.watched[number][revision] = what
				l.Unlock()
			}
			if goal := until(); goal != 0 && last >= goal {
				break
			}
		}
		stop()
		time.Sleep(20 * time.Millisecond)
	}
}

func connect(where []string) *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{Endpoints: where, DialTimeout: 20 * time.Second})
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	return client
}

// One client: keys of its own, one request at a time. Returns its keys, those that are not used any more too.
func work(number int, client *clientv3.Client, end time.Time, l *ledger, done []int64) []*known {
	random := rand.New(rand.NewSource(int64(number)))
	var all, used []*known
	fresh := func() *known {
		key := &known{name: fmt.Sprintf("%s%d/%d", prefix, number, len(all))}
		all = append(all, key)
		return key
	}
	for i := 0; i < *keys; i++ {
		used = append(used, fresh())
	}
	padding := strings.Repeat("x", 200)
	for step := 0; time.Now().Before(end); step++ {
		at := random.Intn(len(used))
		key := used[at]
		next := strconv.Itoa(step) + padding
		ctx, stop := limited()
		var err error
		var revision int64
		switch draw := random.Intn(100); {
		case draw < 50:
			var response *clientv3.PutResponse
			if response, err = client.Put(ctx, key.name, next); err == nil {
				revision = response.Header.Revision
			}
		case draw < 60:
			var response *clientv3.TxnResponse
			response, err = client.Txn(ctx).If(clientv3.Compare(clientv3.ModRevision(key.name), "=", key.revision)).
				Then(clientv3.OpPut(key.name, next)).Commit()
			if err == nil {
				if revision = response.Header.Revision; !response.Succeeded {
					fault("%s is not at revision %d any more", key.name, key.revision)
					revision = 0
				}
			}
		case draw < 65:
			next = ""
			var response *clientv3.DeleteResponse
			if response, err = client.Delete(ctx, key.name); err == nil {
				if (response.Deleted == 1) != (key.value != "") {
					fault("%s: %d deleted of %q", key.name, response.Deleted, key.value)
				}
				if response.Deleted == 1 {
					revision = response.Header.Revision
				}
			}
		case draw < 66:
			// A key that goes with its lease.
			var lease *clientv3.LeaseGrantResponse
			if lease, err = client.Grant(ctx, 30); err != nil {
				stop()
				continue // Nothing has been written.
			}
			next = ""
			var response *clientv3.PutResponse
			if response, err = client.Put(ctx, key.name, "leased", clientv3.WithLease(lease.ID)); err == nil {
				l.acknowledge(response.Header.Revision, key.name+"=leased")
				key.value = "leased"
				var revoked *clientv3.LeaseRevokeResponse
				if revoked, err = client.Revoke(ctx, lease.ID); err == nil {
					revision = revoked.Header.Revision
				}
			} else {
				next, key.expires = "leased", true
			}
		default:
			var response *clientv3.GetResponse
			if response, err = client.Get(ctx, key.name); err == nil {
				got := ""
				if len(response.Kvs) == 1 {
					got = string(response.Kvs[0].Value)
				}
				if got != key.value {
					fault("%s is read as %.20q, not %.20q", key.name, got, key.value)
				}
			}
			stop()
			if err == nil {
				done[number]++
			}
			continue
		}
		stop()
		if err != nil {
			key.unknown, key.attempt = true, next
			used[at] = fresh()
			continue
		}
		done[number]++
		if revision == 0 {
			continue
		}
		key.value, key.revision = next, revision
		if next == "" {
			key.revision = 0
			l.acknowledge(revision, key.name+" deleted")
		} else {
			l.acknowledge(revision, key.name+"="+next)
		}
	}
	return all
}

// Keeps a while of the past.
func compact(client *clientv3.Client, end time.Time) {
	type moment struct {
		at       time.Time
		revision int64
	}
	var past []moment
	for time.Now().Before(end) {
		time.Sleep(3 * time.Second)
		ctx, stop := limited()
		response, err := client.Get(ctx, "none")
		if err == nil {
			past = append(past, moment{time.Now(), response.Header.Revision})
		}
		for len(past) > 1 && time.Since(past[1].at).Seconds() > *keep {
			past = past[1:]
		}
		if len(past) > 0 && time.Since(past[0].at).Seconds() > *keep {
			client.Compact(ctx, past[0].revision)
		}
		stop()
	}
}

func main() {
	flag.Parse()
	where := strings.Split(*endpoints, ",")
	common := connect(where)
	ctx, stop := limited()
	first, err := common.Get(ctx, "none")
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	l := &ledger{acknowledged: map[int64]string{}, matched: make([]int64, len(where))}
	end := time.Now().Add(time.Duration(*seconds * float64(time.Second)))
	var goalMutex sync.Mutex
	goal := int64(0)
	until := func() int64 {
		goalMutex.Lock()
		defer goalMutex.Unlock()
		return goal
	}
	var watches, workers sync.WaitGroup
	for i := range where {
		l.watched = append(l.watched, map[int64]string{})
		watches.Add(1)
		go func(i int) {
			defer watches.Done()
			watch(i, where[i], l, first.Header.Revision+1, until)
		}(i)
	}
	settled := make(chan bool)
	go func() {
		for time.Now().Before(end) {
			time.Sleep(time.Second)
			l.settle(false)
		}
		close(settled)
	}()
	go compact(common, end)
	all := make([][]*known, *clients)
	done := make([]int64, *clients)
	for i := 0; i < *clients; i++ {
		workers.Add(1)
		go func(i int) {
			defer workers.Done()
			// Each begins at another member.
			client := connect(append(append([]string{}, where[i%len(where):]...), where[:i%len(where)]...))
			defer client.Close()
			all[i] = work(i, client, end, l, done)
		}(i)
	}
	workers.Wait()
	<-settled

	// What was withdrawn may still happen for as long as a member is patient.
	time.Sleep(8 * time.Second)
	var last *clientv3.GetResponse
	for tries := 0; tries < 30; tries++ {
		ctx, stop := limited()
		last, err = common.Get(ctx, prefix, clientv3.WithPrefix())
		stop()
		if err == nil {
			break
		}
		time.Sleep(time.Second)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak: nothing can be read at the end:", err)
		os.Exit(1)
	}
	found := map[string]string{}
	for _, kv := range last.Kvs {
		found[string(kv.Key)] = string(kv.Value)
	}
	unknown := 0
	for _, part := range all {
		for _, key := range part {
			got := found[key.name]
			if key.unknown {
				unknown++
			}
			if got != key.value && !(key.unknown && (got == key.attempt || key.expires && got == "")) {
				fault("%s is %.20q at the end, acknowledged was %.20q", key.name, got, key.value)
			}
		}
	}
	goalMutex.Lock()
	goal = last.Header.Revision
	goalMutex.Unlock()
	ended := make(chan bool)
	go func() {
		watches.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(60 * time.Second):
		fault("the watches do not come to revision %d", last.Header.Revision)
	}
	l.settle(true)
	operations := int64(0)
	for _, count := range done {
		operations += count
	}
	fmt.Printf("operations=%d acknowledged_writes=%d unanswered=%d revisions=%d watched=%d faults=%d\n", operations, l.count,
		unknown, last.Header.Revision-first.Header.Revision, l.matched[0], faults)
	if faults > 0 || l.count == 0 {
		os.Exit(1)
	}
}
