package main

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	core "k8s.io/client-go/listers/core/v1"
	storage "k8s.io/client-go/listers/storage/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
)

// item is one object to look at.
type item struct{ kind, namespace, name string }

// stage is what every player needs: the API server, what is known of it, and the objects to look at next.
type stage struct {
	client   kubernetes.Interface
	dynamic  dynamic.Interface
	claims   core.PersistentVolumeClaimLister
	volumes  core.PersistentVolumeLister
	pods     core.PodLister
	classes  storage.StorageClassLister
	ingress  cache.Indexer
	clusters cache.Indexer
	events   record.EventRecorder
	queue    workqueue.TypedRateLimitingInterface[item]
	steps    map[types.UID]time.Time // of each claim that grows, when it came a step further; only one worker looks
}

func play(ctx context.Context, kubeconfig, address string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	config.QPS, config.Burst = 200, 400
	s := &stage{
		client:  kubernetes.NewForConfigOrDie(config),
		dynamic: dynamic.NewForConfigOrDie(config),
		steps:   map[types.UID]time.Time{},
		queue: workqueue.NewTypedRateLimitingQueue(
			workqueue.NewTypedItemExponentialFailureRateLimiter[item](50*time.Millisecond, 5*time.Second)),
	}
	defer s.queue.ShutDown()
	if err := s.createKinds(ctx); err != nil {
		return err
	}
	broadcaster := record.NewBroadcaster()
	defer broadcaster.Shutdown()
	broadcaster.StartRecordingToSink(&typed.EventSinkImpl{Interface: s.client.CoreV1().Events("")})
	s.events = broadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: "sandbox-standins"})
	if err := s.watch(ctx); err != nil {
		return err
	}
	go s.work(ctx)
	server := &http.Server{Addr: address, ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(
		func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// watch fills the caches; from then on every change of an object puts it into the queue.
func (s *stage) watch(ctx context.Context) error {
	known := informers.NewSharedInformerFactory(s.client, time.Minute)
	custom := dynamicinformer.NewDynamicSharedInformerFactory(s.dynamic, time.Minute)
	v1 := known.Core().V1()
	s.claims, s.volumes, s.pods = v1.PersistentVolumeClaims().Lister(), v1.PersistentVolumes().Lister(), v1.Pods().Lister()
	s.classes = known.Storage().V1().StorageClasses().Lister()
	ingresses := known.Networking().V1().Ingresses().Informer()
	clusters := custom.ForResource(clusterResource).Informer()
	s.ingress, s.clusters = ingresses.GetIndexer(), clusters.GetIndexer()
	for kind, informer := range map[string]cache.SharedIndexInformer{
		"claim":   v1.PersistentVolumeClaims().Informer(),
		"volume":  v1.PersistentVolumes().Informer(),
		"pod":     v1.Pods().Informer(),
		"class":   known.Storage().V1().StorageClasses().Informer(),
		"ingress": ingresses,
		"cluster": clusters,
	} {
		add := func(object any) { s.add(kind, object) }
		if _, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc: add, DeleteFunc: add, UpdateFunc: func(_, object any) { add(object) },
		}); err != nil {
			return err
		}
	}
	known.Start(ctx.Done())
	custom.Start(ctx.Done())
	known.WaitForCacheSync(ctx.Done())
	custom.WaitForCacheSync(ctx.Done())
	return ctx.Err()
}

// add puts an object into the queue; a pod stands for its claims and its cluster, a class for all claims.
func (s *stage) add(kind string, object any) {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		object = gone.Obj
	}
	found, err := meta.Accessor(object)
	if err != nil {
		return
	}
	switch kind {
	case "pod":
		for _, volume := range object.(*corev1.Pod).Spec.Volumes {
			if volume.PersistentVolumeClaim != nil {
				s.queue.Add(item{"claim", found.GetNamespace(), volume.PersistentVolumeClaim.ClaimName})
			}
		}
		if cluster := found.GetLabels()[clusterLabel]; cluster != "" {
			s.queue.Add(item{"cluster", found.GetNamespace(), cluster})
		}
	case "class":
		for _, claim := range s.everyClaim() {
			s.queue.Add(item{"claim", claim.Namespace, claim.Name})
		}
	default:
		s.queue.Add(item{kind, found.GetNamespace(), found.GetName()})
	}
}

func (s *stage) work(ctx context.Context) {
	for {
		next, ended := s.queue.Get()
		if ended {
			return
		}
		after, err := s.look(ctx, next)
		switch {
		case err != nil:
			log.Printf("%s %s/%s: %v", next.kind, next.namespace, next.name, err)
			s.queue.AddRateLimited(next)
		case after > 0:
			s.queue.Forget(next)
			s.queue.AddAfter(next, after)
		default:
			s.queue.Forget(next)
		}
		s.queue.Done(next)
	}
}

// look takes one object a step further, and says when to look again.
func (s *stage) look(ctx context.Context, next item) (time.Duration, error) {
	switch next.kind {
	case "claim":
		return s.lookAtClaim(ctx, next.namespace, next.name)
	case "volume":
		return 0, s.lookAtVolume(ctx, next.name)
	case "ingress":
		return 0, s.lookAtIngress(ctx, next.namespace+"/"+next.name)
	case "cluster":
		return 0, s.lookAtCluster(ctx, next.namespace+"/"+next.name)
	}
	return 0, nil
}
