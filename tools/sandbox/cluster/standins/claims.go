package main

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

const (
	// What the claim controller asks an outside provisioner by, and the scheduler tells it the node by.
	askedOf      = "volume.kubernetes.io/storage-provisioner"
	selectedNode = "volume.kubernetes.io/selected-node"
	madeBy       = "pv.kubernetes.io/provisioned-by"
	driverName   = "csi.storage.k8s.io/csi-driver-name"
	fsType       = "csi.storage.k8s.io/fstype"
)

func (s *stage) everyClaim() []*corev1.PersistentVolumeClaim {
	claims, _ := s.claims.List(labels.Everything())
	return claims
}

// lookAtClaim plays the provisioner for a claim that asks for a volume, and the resizer for one that has it.
func (s *stage) lookAtClaim(ctx context.Context, namespace, name string) (time.Duration, error) {
	claim, err := s.claims.PersistentVolumeClaims(namespace).Get(name)
	if errors.IsNotFound(err) || claim.DeletionTimestamp != nil {
		return 0, nil
	}
	if claim.Spec.VolumeName == "" {
		return 0, s.provision(ctx, claim)
	}
	if claim.Status.Phase == corev1.ClaimBound {
		return s.resize(ctx, claim.DeepCopy())
	}
	return 0, nil
}

func (s *stage) provision(ctx context.Context, claim *corev1.PersistentVolumeClaim) error {
	if claim.Spec.StorageClassName == nil || claim.Annotations[askedOf] == "" {
		return nil
	}
	class, err := s.classes.Get(*claim.Spec.StorageClassName)
	if err != nil || class.Provisioner != claim.Annotations[askedOf] {
		return nil
	}
	waits := class.VolumeBindingMode != nil && *class.VolumeBindingMode == storagev1.VolumeBindingWaitForFirstConsumer
	if waits && claim.Annotations[selectedNode] == "" {
		return nil
	}
	driver := class.Provisioner
	if named := class.Parameters[driverName]; named != "" {
		driver = named
	}
	// A disk hangs on one node at a time, as the drivers of clouds insist.
	if strings.HasPrefix(driver, "disk.") && sharesNodes(claim) {
		s.events.Eventf(claim, corev1.EventTypeWarning, "ProvisioningFailed",
			"failed to provision volume with StorageClass %q: a disk can't be ReadWriteMany", class.Name)
		return nil
	}
	if err := s.ensureDriver(ctx, driver); err != nil {
		return err
	}
	_, err = s.client.CoreV1().PersistentVolumes().Create(ctx, volumeFor(claim, class, driver), metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func volumeFor(claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, driver string) *corev1.PersistentVolume {
	name := "pvc-" + string(claim.UID)
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: name, Annotations: map[string]string{madeBy: class.Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			AccessModes:      claim.Spec.AccessModes,
			Capacity:         corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			StorageClassName: class.Name,
			MountOptions:     class.MountOptions,
			VolumeMode:       claim.Spec.VolumeMode,
			ClaimRef: &corev1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID, ResourceVersion: claim.ResourceVersion,
			},
			PersistentVolumeSource: corev1.PersistentVolumeSource{
				CSI: &corev1.CSIPersistentVolumeSource{Driver: driver, VolumeHandle: name, FSType: class.Parameters[fsType]},
			},
		},
	}
	if class.ReclaimPolicy != nil {
		volume.Spec.PersistentVolumeReclaimPolicy = *class.ReclaimPolicy
	}
	return volume
}

func sharesNodes(claim *corev1.PersistentVolumeClaim) bool {
	for _, mode := range claim.Spec.AccessModes {
		if mode == corev1.ReadWriteMany || mode == corev1.ReadOnlyMany {
			return true
		}
	}
	return false
}

// ensureDriver registers a driver that attaches nothing: no kubelet is here to wait for an attachment.
func (s *stage) ensureDriver(ctx context.Context, name string) error {
	attaches := false
	driver := &storagev1.CSIDriver{
		ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: storagev1.CSIDriverSpec{AttachRequired: &attaches},
	}
	_, err := s.client.StorageV1().CSIDrivers().Create(ctx, driver, metav1.CreateOptions{})
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// lookAtVolume plays the deletion of a volume whose claim is gone, where its class says so.
func (s *stage) lookAtVolume(ctx context.Context, name string) error {
	volume, err := s.volumes.Get(name)
	if err != nil || volume.DeletionTimestamp != nil || volume.Annotations[madeBy] == "" {
		return nil
	}
	if volume.Status.Phase != corev1.VolumeReleased || volume.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
		return nil
	}
	err = s.client.CoreV1().PersistentVolumes().Delete(ctx, name, metav1.DeleteOptions{})
	if errors.IsNotFound(err) {
		return nil
	}
	return err
}
