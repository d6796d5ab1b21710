// Load is many clients at once, on etcd's client library: how many operations a second a cluster does, and how long each
// takes. One line of key=value pairs comes out.
//
//	load -endpoints A,B,C -do put|range|fill -clients N -connections N -seconds N [-keys N] [-bytes N]
package main

import (
	"context"
	"flag"
	"fmt"
	"math/rand"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"go.etcd.io/etcd/clientv3"
)

var (
	endpoints   = flag.String("endpoints", "127.0.0.1:2379", "where the cluster is, by commas")
	do          = flag.String("do", "put", "put: puts; range: linearizable gets; fill: -keys keys, each once; gap: puts until -seconds are over, and the longest time without one")
	clients     = flag.Int("clients", 64, "how many wait for an answer at a time")
	connections = flag.Int("connections", 0, "how many connections they share; 0: a tenth of the clients, at least one for each endpoint")
	seconds     = flag.Float64("seconds", 5, "how long")
	keys        = flag.Int("keys", 100000, "among how many keys")
	size        = flag.Int("bytes", 256, "of a value")
)

func key(number int) string { return fmt.Sprintf("key%013d", number) }

func main() {
	flag.Parse()
	rand.Seed(time.Now().UnixNano())
	where := strings.Split(*endpoints, ",")
	if *connections == 0 {
		*connections = *clients / 10
	}
	if *connections < len(where) && *clients >= len(where) {
		*connections = len(where)
	}
	if *connections < 1 {
		*connections = 1
	}
	var pool []*clientv3.Client
	for i := 0; i < *connections; i++ {
		client, err := clientv3.New(clientv3.Config{Endpoints: []string{where[i%len(where)]}, DialTimeout: 10 * time.Second})
		if err != nil {
			fmt.Fprintln(os.Stderr, "load:", err)
			os.Exit(1)
		}
		pool = append(pool, client)
	}
	value := strings.Repeat("x", *size)
	var next int64
	var mutex sync.Mutex
	take := func() int {
		mutex.Lock()
		defer mutex.Unlock()
		next++
		return int(next - 1)
	}
	var wait sync.WaitGroup
	latencies := make([][]time.Duration, *clients)
	failures := make([]int, *clients)
	done := make([][]time.Time, *clients)
	begun := time.Now()
	end := begun.Add(time.Duration(*seconds * float64(time.Second)))
	for i := 0; i < *clients; i++ {
		wait.Add(1)
		go func(i int) {
			defer wait.Done()
			client := pool[i%len(pool)]
			random := rand.New(rand.NewSource(int64(i) + begun.UnixNano()))
			for *do == "fill" || time.Now().Before(end) {
				number := random.Intn(*keys)
				if *do == "fill" {
					if number = take(); number >= *keys {
						return
					}
				}
				sent := time.Now()
				var err error
				if *do == "range" {
					_, err = client.Get(context.Background(), key(number))
				} else if *do == "gap" {
					limited, stop := context.WithTimeout(context.Background(), 500*time.Millisecond)
					_, err = client.Put(limited, key(number), value)
					stop()
				} else {
					_, err = client.Put(context.Background(), key(number), value)
				}
				if err != nil {
					failures[i]++
					continue
				}
				latencies[i] = append(latencies[i], time.Since(sent))
				if *do == "gap" {
					done[i] = append(done[i], time.Now())
				}
			}
		}(i)
	}
	wait.Wait()
	elapsed := time.Since(begun).Seconds()
	var all []time.Duration
	failed := 0
	for i := range latencies {
		all = append(all, latencies[i]...)
		failed += failures[i]
	}
	sort.Slice(all, func(a, b int) bool { return all[a] < all[b] })
	at := func(part float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return all[int(part*float64(len(all)-1))].Seconds() * 1000
	}
	fmt.Printf("do=%s clients=%d operations=%d failed=%d seconds=%.3f rate=%.0f p50_ms=%.3f p99_ms=%.3f max_ms=%.3f", *do,
		*clients, len(all), failed, elapsed, float64(len(all))/elapsed, at(0.5), at(0.99), at(1))
	if *do == "gap" {
		var times []time.Time
		for _, part := range done {
			times = append(times, part...)
		}
		sort.Slice(times, func(a, b int) bool { return times[a].Before(times[b]) })
		longest := time.Duration(0)
		for i := 1; i < len(times); i++ {
			if gap := times[i].Sub(times[i-1]); gap > longest {
				longest = gap
			}
		}
		fmt.Printf(" gap_ms=%.0f", longest.Seconds()*1000)
	}
	fmt.Println()
}
