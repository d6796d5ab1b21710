// Check uses a cluster as programs on etcd's client library do, through the loss of a leader, and says what is not as it
// should be.
//
//	check -endpoints A,B,C [-disturb COMMAND]
//
// COMMAND is run in the middle of the watch: it is to kill the leader and start it again.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
	"go.etcd.io/etcd/clientv3/concurrency"
	"go.etcd.io/etcd/etcdserver/api/v3rpc/rpctypes"
)

var (
	endpoints = flag.String("endpoints", "127.0.0.1:2379", "where the cluster is, by commas")
	disturb   = flag.String("disturb", "", "a command that disturbs the cluster")
)

func fail(format string, arguments ...interface{}) {
	fmt.Fprintf(os.Stderr, "FAIL: "+format+"\n", arguments...)
	os.Exit(1)
}

func must(err error, what string) {
	if err != nil {
		fail("%s: %v", what, err)
	}
}

func connect() *clientv3.Client {
	client, err := clientv3.New(clientv3.Config{
		Endpoints: strings.Split(*endpoints, ","), DialTimeout: 10 * time.Second,
		DialKeepAliveTime: time.Second, DialKeepAliveTimeout: 3 * time.Second,
	})
	must(err, "connect")
	return client
}

func count(client *clientv3.Client, key string) int64 {
	response, err := client.Get(context.Background(), key, clientv3.WithPrefix(), clientv3.WithCountOnly())
	must(err, "count "+key)
	return response.Count
}

// A lease that is kept alive outlives its time; one that is revoked, or not kept alive, takes its keys with it.
func checkLeases(client *clientv3.Client) {
	ctx := context.Background()
	kept, err := client.Grant(ctx, 2)
	must(err, "grant")
	_, err = client.Put(ctx, "lease/kept", "x", clientv3.WithLease(kept.ID))
	must(err, "put with a lease")
	alive, err := client.KeepAlive(ctx, kept.ID)
	must(err, "keep alive")
	left, err := client.Grant(ctx, 2)
	must(err, "grant")
	begun := time.Now()
	_, err = client.Put(ctx, "lease/left", "x", clientv3.WithLease(left.ID))
	must(err, "put with a lease")
	if count(client, "lease/left") != 1 {
		fail("a key with a lease is not there")
	}
	for count(client, "lease/left") == 1 {
		if time.Since(begun) > 60*time.Second {
			fail("a lease of 2 seconds has not ended after a minute")
		}
		<-time.After(50 * time.Millisecond)
	}
	if time.Since(begun) < 1900*time.Millisecond {
		fail("a lease of 2 seconds ended after %v", time.Since(begun))
	}
	if count(client, "lease/kept") != 1 {
		fail("a lease that is kept alive has ended")
	}
	if answer := <-alive; answer == nil || answer.TTL != 2 {
		fail("the answer to a keep-alive is %v", answer)
	}
	_, err = client.Revoke(ctx, kept.ID)
	must(err, "revoke")
	if count(client, "lease/kept") != 0 {
		fail("a revoked lease has left its key")
	}
}

// A watch tells each acknowledged put once and in order, whatever happens to the leader.
func checkWatch(client *clientv3.Client) {
	const puts = 300
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	seen := map[string]int64{}
	var last int64
	done := make(chan struct{})
	events := client.Watch(clientv3.WithRequireLeader(ctx), "watch/", clientv3.WithPrefix(), clientv3.WithCreatedNotify())
	if first := <-events; !first.Created {
		fail("a watch does not begin: %v", first.Err())
	}
	go func() {
		defer close(done)
		next := int64(0)
		for {
			for response := range events {
				for _, event := range response.Events {
					if event.Kv.ModRevision <= last {
						fail("revision %d was told after %d", event.Kv.ModRevision, last)
					}
					last = event.Kv.ModRevision
					next = last + 1
					seen[string(event.Kv.Value)] = last
					if string(event.Kv.Value) == "end" {
						return
					}
				}
			}
			// Ended for want of a leader, as was asked for: it goes on where it was.
			<-time.After(50 * time.Millisecond)
			options := []clientv3.OpOption{clientv3.WithPrefix()}
			if next != 0 {
				options = append(options, clientv3.WithRev(next))
			}
			events = client.Watch(clientv3.WithRequireLeader(ctx), "watch/", options...)
		}
	}()
	acknowledged := map[string]int64{}
	put := func(value string) bool {
		limited, stop := context.WithTimeout(ctx, 20*time.Second)
		defer stop()
		response, err := client.Put(limited, "watch/key", value)
		if err == nil {
			acknowledged[value] = response.Header.Revision
		}
		return err == nil
	}
	var disturbed sync.WaitGroup
	for i := 0; i < puts; i++ {
		if i == puts/3 && *disturb != "" {
			disturbed.Add(1)
			go func() {
				defer disturbed.Done()
				output, err := exec.Command("/bin/sh", "-c", *disturb).CombinedOutput()
				if err != nil {
					fail("%s: %v %s", *disturb, err, output)
				}
			}()
		}
		put(fmt.Sprint("v", i))
	}
	disturbed.Wait()
	for !put("end") {
	}
	select {
	case <-done:
	case <-time.After(60 * time.Second):
		fail("the watch does not tell the last put")
	}
	for value, revision := range acknowledged {
		if seen[value] != revision {
			fail("%s was put at revision %d, and told at %d", value, revision, seen[value])
		}
	}
	if len(acknowledged) < puts/2 {
		fail("only %d of %d puts succeeded", len(acknowledged), puts)
	}
}

func checkMutexes() {
	var wait sync.WaitGroup
	holders, total := 0, 0
	for i := 0; i < 4; i++ {
		wait.Add(1)
		go func() {
			defer wait.Done()
			client := connect()
			defer client.Close()
			session, err := concurrency.NewSession(client, concurrency.WithTTL(30))
			must(err, "session")
			defer session.Close()
			mutex := concurrency.NewMutex(session, "mutex/")
			for j := 0; j < 10; j++ {
				must(mutex.Lock(context.Background()), "lock")
				holders++
				if holders != 1 {
					fail("%d hold a mutex", holders)
				}
				total++
				holders--
				must(mutex.Unlock(context.Background()), "unlock")
			}
		}()
	}
	wait.Wait()
	if total != 40 {
		fail("a mutex was held %d times, not 40", total)
	}
}

func checkElections(client *clientv3.Client) {
	ctx := context.Background()
	campaign := func(name string) (*concurrency.Election, *concurrency.Session) {
		session, err := concurrency.NewSession(client, concurrency.WithTTL(30))
		must(err, "session")
		election := concurrency.NewElection(session, "election/")
		must(election.Campaign(ctx, name), "campaign")
		return election, session
	}
	first, firstSession := campaign("first")
	observed := first.Observe(ctx)
	if leader := <-observed; string(leader.Kvs[0].Value) != "first" {
		fail("elected is %s", leader.Kvs[0].Value)
	}
	elected := make(chan *concurrency.Session)
	go func() {
		_, session := campaign("second")
		elected <- session
	}()
	must(first.Proclaim(ctx, "first, again"), "proclaim")
	select {
	case <-elected:
		fail("two are elected")
	case <-time.After(300 * time.Millisecond):
	}
	must(first.Resign(ctx), "resign")
	secondSession := <-elected
	for leader := range observed {
		if string(leader.Kvs[0].Value) == "second" {
			break
		}
	}
	firstSession.Close()
	secondSession.Close()
}

// Accounts between which money moves: none is made or lost.
func checkTransactions() {
	const accounts, each = 5, 100
	client := connect()
	defer client.Close()
	for i := 0; i < accounts; i++ {
		_, err := client.Put(context.Background(), fmt.Sprint("account/", i), fmt.Sprint(each))
		must(err, "put")
	}
	var wait sync.WaitGroup
	for i := 0; i < 4; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			for j := 0; j < 25; j++ {
				from, to := fmt.Sprint("account/", (i+j)%accounts), fmt.Sprint("account/", (i+2*j+1)%accounts)
				if from == to {
					continue
				}
				transfer := func(stm concurrency.STM) error {
					var a, b int
					fmt.Sscan(stm.Get(from), &a)
					fmt.Sscan(stm.Get(to), &b)
					stm.Put(from, fmt.Sprint(a-1))
					stm.Put(to, fmt.Sprint(b+1))
					return nil
				}
				// The library reads on at the revision it has seen first, of whichever member: one may lag behind.
				_, err := concurrency.NewSTM(client, transfer)
				for err == rpctypes.ErrFutureRev {
					_, err = concurrency.NewSTM(client, transfer)
				}
				must(err, "transaction")
			}
		}(i)
	}
	wait.Wait()
	response, err := client.Get(context.Background(), "account/", clientv3.WithPrefix())
	must(err, "get")
	sum := 0
	for _, pair := range response.Kvs {
		var value int
		fmt.Sscan(string(pair.Value), &value)
		sum += value
	}
	if sum != accounts*each {
		fail("%d became %d", accounts*each, sum)
	}
}

func main() {
	flag.Parse()
	client := connect()
	defer client.Close()
	checkLeases(client)
	fmt.Println("ok leases")
	checkWatch(client)
	fmt.Println("ok watch")
	checkMutexes()
	fmt.Println("ok mutexes")
	checkElections(client)
	fmt.Println("ok elections")
	checkTransactions()
	fmt.Println("ok transactions")
	fmt.Println("PASS")
}
