package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// wish on a claim: finish (the default), hang, infeasible, or restart.
	wish = "sandbox.buildingos.io/resize"
	// waited are the pods, by uid, whose end a growth with the wish `restart` waits for.
	waited = "sandbox.buildingos.io/resize-waits-for"
	// pace is how long a step of a growth takes at least: long enough to be seen by whoever looks.
	pace = 300 * time.Millisecond
)

// resize plays one step of a growth as the resizer and the kubelet write it into the claim's status:
// ControllerResizeInProgress, then NodeResizePending, then the new capacity.
func (s *stage) resize(ctx context.Context, claim *corev1.PersistentVolumeClaim) (time.Duration, error) {
	asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]
	has := claim.Status.Capacity[corev1.ResourceStorage]
	if asked.Cmp(has) <= 0 {
		delete(s.steps, claim.UID)
		return 0, nil
	}
	if left := time.Until(s.steps[claim.UID].Add(pace)); left > 0 {
		return left, nil
	}
	target := claim.Status.AllocatedResources[corev1.ResourceStorage]
	mode := claim.Annotations[wish]
	switch claim.Status.AllocatedResourceStatuses[corev1.ResourceStorage] {
	case corev1.PersistentVolumeClaimControllerResizeInProgress:
		if mode == "hang" {
			return 0, nil
		}
		if mode == "infeasible" {
			return 0, s.refuse(ctx, claim, target)
		}
		return pace, s.passToNode(ctx, claim, target, mode)
	case corev1.PersistentVolumeClaimNodeResizePending:
		if mode == "hang" || (mode == "restart" && !s.restarted(claim)) {
			return 0, nil
		}
		return pace, s.finish(ctx, claim, target)
	case corev1.PersistentVolumeClaimControllerResizeInfeasible:
		if mode == "infeasible" && target.Cmp(asked) == 0 {
			return 0, nil
		}
	}
	// A growth begins, or another size is tried after one that could not be.
	mark(claim, corev1.PersistentVolumeClaimControllerResizeInProgress, asked)
	judge(claim, corev1.PersistentVolumeClaimResizing, "", "")
	return pace, s.update(ctx, claim)
}

func (s *stage) refuse(ctx context.Context, claim *corev1.PersistentVolumeClaim, target resource.Quantity) error {
	said := "the sandbox plays a driver that can't grow this volume to " + target.String()
	mark(claim, corev1.PersistentVolumeClaimControllerResizeInfeasible, target)
	judge(claim, corev1.PersistentVolumeClaimControllerResizeError, "ControllerResizeFailed", said)
	s.events.Event(claim, corev1.EventTypeWarning, "VolumeResizeFailed", said)
	return s.update(ctx, claim)
}

// passToNode grows the volume itself and leaves its file system to the node.
func (s *stage) passToNode(ctx context.Context, claim *corev1.PersistentVolumeClaim, target resource.Quantity, mode string) error {
	capacity := map[string]any{"spec": map[string]any{"capacity": map[string]string{"storage": target.String()}}}
	if err := s.patchVolume(ctx, claim.Spec.VolumeName, capacity); err != nil {
		return err
	}
	if mode == "restart" {
		noted, err := s.noteUsers(ctx, claim)
		if err != nil {
			return err
		}
		claim = noted
	}
	mark(claim, corev1.PersistentVolumeClaimNodeResizePending, target)
	judge(claim, corev1.PersistentVolumeClaimFileSystemResizePending, "",
		"Waiting for user to (re-)start a pod to finish file system resize of volume on node.")
	return s.update(ctx, claim)
}

// noteUsers writes into the claim which pods use it now.
func (s *stage) noteUsers(ctx context.Context, claim *corev1.PersistentVolumeClaim) (*corev1.PersistentVolumeClaim, error) {
	data, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"annotations": map[string]string{waited: strings.Join(s.users(claim), ",")}},
	})
	if err != nil {
		return nil, err
	}
	return s.client.CoreV1().PersistentVolumeClaims(claim.Namespace).Patch(
		ctx, claim.Name, types.MergePatchType, data, metav1.PatchOptions{})
}

func (s *stage) finish(ctx context.Context, claim *corev1.PersistentVolumeClaim, target resource.Quantity) error {
	claim.Status.Capacity[corev1.ResourceStorage] = target
	delete(claim.Status.AllocatedResourceStatuses, corev1.ResourceStorage)
	judge(claim, "", "", "")
	return s.update(ctx, claim)
}

// restarted tells whether a pod that was not there when the volume grew uses it now.
func (s *stage) restarted(claim *corev1.PersistentVolumeClaim) bool {
	old := strings.Split(claim.Annotations[waited], ",")
	return slices.ContainsFunc(s.users(claim), func(uid string) bool { return !slices.Contains(old, uid) })
}

// users returns the uids of the running pods that use a claim.
func (s *stage) users(claim *corev1.PersistentVolumeClaim) []string {
	var uids []string
	pods, _ := s.pods.Pods(claim.Namespace).List(labels.Everything())
	for _, pod := range pods {
		for _, volume := range pod.Spec.Volumes {
			source := volume.PersistentVolumeClaim
			if source != nil && source.ClaimName == claim.Name && pod.Status.Phase == corev1.PodRunning {
				uids = append(uids, string(pod.UID))
			}
		}
	}
	return uids
}

func mark(claim *corev1.PersistentVolumeClaim, status corev1.ClaimResourceStatus, target resource.Quantity) {
	claim.Status.AllocatedResources = corev1.ResourceList{corev1.ResourceStorage: target}
	claim.Status.AllocatedResourceStatuses = map[corev1.ResourceName]corev1.ClaimResourceStatus{corev1.ResourceStorage: status}
}

// judge replaces the conditions of a growth by one, or by none.
func judge(claim *corev1.PersistentVolumeClaim, kind corev1.PersistentVolumeClaimConditionType, reason, message string) {
	claim.Status.Conditions = slices.DeleteFunc(claim.Status.Conditions, func(c corev1.PersistentVolumeClaimCondition) bool {
		return c.Type != "" && c.Type != corev1.PersistentVolumeClaimVolumeModifyingVolume
	})
	if kind != "" {
		claim.Status.Conditions = append(claim.Status.Conditions, corev1.PersistentVolumeClaimCondition{
			Type: kind, Status: corev1.ConditionTrue, LastTransitionTime: metav1.Now(), Reason: reason, Message: message,
		})
	}
}

func (s *stage) update(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	_, err := s.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, metav1.UpdateOptions{})
	if err == nil {
		s.steps[claim.UID] = time.Now()
	}
	return err
}

func (s *stage) patchVolume(ctx context.Context, name string, patch any) error {
	data, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	_, err = s.client.CoreV1().PersistentVolumes().Patch(ctx, name, types.MergePatchType, data, metav1.PatchOptions{})
	return err
}
